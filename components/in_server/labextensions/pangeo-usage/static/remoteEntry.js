// The use of disk, memory and CPUs in JupyterLab's status bar. It asks components/in_server/pangeo_server/usage.py.
//
// This file is what JupyterLab's builder would make of an extension: a container of webpack's module federation, which
// gets JupyterLab's own modules from the shared scope. So it needs no builder, and no certain version of JupyterLab.
(() => {
  const NAME = 'pangeo-usage';
  const INTERVAL_MS = 10000; // between two questions while the window is visible
  const FIRST_INTERVAL_MS = 2000; // CPU use is known from the second one on
  const FAULT_INTERVAL_MS = 60000; // while the server does not answer
  const HIGH = 0.9; // part of a limit from which there is a warning
  const LOW = 0.85; // part below which the next warning is possible
  const MB = 1024 ** 2;
  const GB = 1024 ** 3;

  const LABELS = { disk: 'Disk', memory: 'Memory', cpu: 'CPU' };
  const ADVICE = { // JupyterLab shows at most 140 characters of a message
    disk: 'Once full, no file can be saved. Delete files, or ask your administrator for a larger home.',
    memory: 'Once full, kernels end and lose their variables. Shut down notebooks that you do not need.'
  };

  // Return a number as short as it can be read: 0.4, 9.9, 12.
  const short = value => String(Number(value.toFixed(value < 99.95 ? 1 : 0)));

  function amounts(kind, use) {
    const [size, unit] = kind === 'cpu' ? [1, ''] : use.limit < GB ? [MB, ' MB'] : [GB, ' GB'];
    const used = use.used === null ? '–' : short(use.used / size);
    return `${used} of ${short(use.limit / size)}${unit}`;
  }

  const isHigh = (kind, use) => kind in ADVICE && use.used >= HIGH * use.limit;

  function show(node, usage) {
    const parts = ['disk', 'memory', 'cpu'].filter(kind => usage[kind]);
    node.replaceChildren(
      ...parts.flatMap((kind, index) => {
        const part = document.createElement('span');
        const high = isHigh(kind, usage[kind]);
        part.dataset.kind = kind;
        part.textContent = `${high ? '⚠ ' : ''}${LABELS[kind]} ${amounts(kind, usage[kind])}`;
        if (high) {
          part.dataset.high = 'true';
          part.style.cssText = 'background: #b33a00; color: #fff; font-weight: bold; padding: 0 4px; border-radius: 3px;';
        }
        return index ? [' · ', part] : [part];
      })
    );
  }

  // Show a message once in a window of the browser, until the use has been low again.
  function warn(kind, use, Notification, openHelp) {
    const key = `${NAME}:${kind}`;
    if (use.used < LOW * use.limit) {
      sessionStorage.removeItem(key);
    }
    if (!isHigh(kind, use) || sessionStorage.getItem(key) || !Notification) {
      return;
    }
    sessionStorage.setItem(key, 'shown');
    Notification.warning(`${LABELS[kind]} is nearly full: ${amounts(kind, use)}. ${ADVICE[kind]}`, {
      autoClose: false,
      actions: [{ label: 'What to do', callback: () => openHelp(kind) }]
    });
  }

  function activate(app, { Notification, Widget, ServerConnection }, statusBar) {
    const settings = app.serviceManager.serverSettings;
    const url = `${settings.baseUrl}pangeo/usage`;
    const openHelp = kind => window.open(`${url}/help#${kind}`, '_blank', 'noopener');

    const node = document.createElement('div');
    const bar = document.createElement('a');
    bar.id = NAME;
    bar.className = 'jp-StatusBar-TextItem';
    bar.title = 'What your server uses, and its limits. Click for help.';
    bar.href = `${url}/help`;
    bar.target = '_blank';
    bar.rel = 'noopener';
    bar.style.cssText = 'color: inherit; text-decoration: none;';
    node.append(bar);
    if (statusBar) {
      statusBar.registerStatusItem(NAME, { item: new Widget({ node }), align: 'right', rank: 100 });
    }

    let timer = null;
    let asking = false;
    async function ask() {
      clearTimeout(timer);
      if (document.hidden || asking) {
        return;
      }
      asking = true;
      let wait = FAULT_INTERVAL_MS;
      try {
        const answer = await ServerConnection.makeRequest(url, {}, settings);
        if (answer.ok) {
          const usage = await answer.json();
          show(bar, usage);
          Object.keys(ADVICE)
            .filter(kind => usage[kind])
            .forEach(kind => warn(kind, usage[kind], Notification, openHelp));
          wait = usage.cpu && usage.cpu.used === null ? FIRST_INTERVAL_MS : INTERVAL_MS;
        } else {
          bar.replaceChildren();
        }
      } catch (fault) {
        bar.replaceChildren(); // JupyterLab itself says that the server does not answer
      }
      asking = false;
      timer = setTimeout(ask, wait);
    }
    document.addEventListener('visibilitychange', ask);
    void app.restored.then(ask);
  }

  let shared = null;

  // Return one of JupyterLab's own modules; if there are several versions, the one in use.
  async function load(name) {
    const versions = Object.values(shared[name] || {});
    const version = versions.find(each => each.loaded) || versions[versions.length - 1];
    return version ? (await version.get())() : {};
  }

  (window._JUPYTERLAB = window._JUPYTERLAB || {})[NAME] = {
    init(scope) {
      shared = scope;
    },
    async get() {
      const names = ['@jupyterlab/apputils', '@jupyterlab/services', '@jupyterlab/statusbar', '@lumino/widgets'];
      const [{ Notification }, { ServerConnection }, { IStatusBar }, { Widget }] = await Promise.all(names.map(load));
      const plugin = {
        id: `${NAME}:plugin`,
        description: 'Shows the use of disk, memory and CPUs.',
        autoStart: true,
        optional: IStatusBar ? [IStatusBar] : [],
        activate: (app, statusBar) => activate(app, { Notification, Widget, ServerConnection }, statusBar)
      };
      return () => ({ __esModule: true, default: plugin });
    }
  };
})();
