"""A browser without scripts at a hub behind an ingress: several hosts, each with its cookies."""

import re
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, get_cookie_header

ANSWER_SECONDS = 60.0
STOP_SECONDS = 60.0


class _IngressAdapter(HTTPAdapter):
    """Stands for an ingress: ends TLS, and sends every request to the proxy with the host it is for."""

    def __init__(self, port: int, cookies: RequestsCookieJar) -> None:
        super().__init__()
        self._port = port
        self._cookies = cookies

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        return {"scheme": "http", "host": "127.0.0.1", "port": self._port}, {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        # Requests sends a cookie without a domain to the hosts below as well, whatever the policy of the session's jar.
        request.headers.pop("Cookie", None)
        cookies = get_cookie_header(self._cookies, request)  # type: ignore[no-untyped-call]
        if cookies:
            request.headers["Cookie"] = cookies
        # Requests takes the header, not the address, as the host of cookies.
        request.headers.update({"Host": urlsplit(str(request.url)).netloc, "X-Forwarded-Proto": "https"})
        try:
            return super().send(request, *args, **kwargs)
        finally:
            del request.headers["Host"]


class WebClient:
    """The browser. It does not know the rules for names with ``__Host-``; tests look at the cookies themselves."""

    def __init__(self, port: int, domain: str) -> None:
        self.domain = domain
        self.session = requests.Session()
        self.session.trust_env = False
        # As in browsers, a cookie without a domain is for its host only (RFC 6265, section 5.3).
        strict = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
        self.session.cookies.set_policy(strict)
        self.session.mount("https://", _IngressAdapter(port, self.session.cookies))

    def get(self, url: str, **headers: str) -> requests.Response:
        return self.session.get(url, headers=headers, timeout=ANSWER_SECONDS)

    def log_in(self, user: str, password: str) -> requests.Response:
        """Submit the log-in form; return the answer, which is a redirect after success."""
        page = f"https://{self.domain}/hub/login"
        self.get(page)
        form = {"username": user, "password": password, "_xsrf": self.xsrf(self.domain)}
        return self.session.post(page, data=form, timeout=ANSWER_SECONDS, allow_redirects=False)

    def start_server(self, user: str) -> None:
        """Start a user's server through the hub's API."""
        answer = self.session.post(
            f"https://{self.domain}/hub/api/users/{user}/server",
            params={"_xsrf": self.xsrf(self.domain)},
            timeout=ANSWER_SECONDS,
        )
        assert answer.status_code in (201, 202, 400), answer.text

    def stop_server(self, user: str) -> None:
        """Stop a user's server through the hub's API, and wait until the hub has removed it."""
        headers = {"X-XSRFToken": self.xsrf(self.domain)}
        url = f"https://{self.domain}/hub/api/users/{user}"
        answer = self.session.delete(f"{url}/server", headers=headers, timeout=ANSWER_SECONDS)
        assert answer.ok, answer.text
        deadline = time.monotonic() + STOP_SECONDS
        while self.get(url, **headers).json()["servers"]:
            assert time.monotonic() < deadline, f"the server of {user} does not stop"
            time.sleep(0.2)

    def authorize(self, page: requests.Response) -> requests.Response:
        """Press *Authorize* on the hub's page that asks for it."""
        form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]+)"', page.text))
        scopes = re.findall(r'name="scopes"[^>]*value="([^"]+)"', page.text)
        data = {**form, "_xsrf": self.xsrf(self.domain), "scopes": scopes}
        headers = {"Origin": f"https://{self.domain}", "Referer": page.url}
        return self.session.post(page.url, data=data, headers=headers, timeout=ANSWER_SECONDS)

    def xsrf(self, host: str) -> str:
        """Return the hub's token against forged requests."""
        return next(
            str(each.value)
            for each in self.session.cookies
            if each.name == "_xsrf" and each.path == "/hub/" and each.domain.lstrip(".") == host
        )
