{{- /* The hub's secrets, read from the Kubernetes Secret that the program declares. These definitions replace those of
the same names in the chart jupyterhub, which read them from the values or generate them: helm prints values in the
errors of templates. A secret in the values takes precedence, so that the chart can be rendered without a cluster; the
program sets none, and a policy refuses them. */ -}}

{{- define "pangeo.secret" -}}
{{- $root := index . 0 -}}
{{- $key := index . 1 -}}
{{- $found := lookup "v1" "Secret" $root.Release.Namespace "pangeo-secrets" | default dict -}}
{{- if not (hasKey ($found.data | default dict) $key) -}}
{{- fail (printf "the Secret pangeo-secrets in the namespace %s has no key %s; run pulumi up" $root.Release.Namespace $key) -}}
{{- end -}}
{{- index $found.data $key | b64dec -}}
{{- end -}}

{{- define "jupyterhub.hub.config.ConfigurableHTTPProxy.auth_token" -}}
{{- if .Values.proxy.secretToken -}}
{{- .Values.proxy.secretToken -}}
{{- else -}}
{{- include "pangeo.secret" (list . "hub.config.ConfigurableHTTPProxy.auth_token") -}}
{{- end -}}
{{- end -}}

{{- define "jupyterhub.hub.config.JupyterHub.cookie_secret" -}}
{{- if .Values.hub.cookieSecret -}}
{{- .Values.hub.cookieSecret -}}
{{- else -}}
{{- include "pangeo.secret" (list . "hub.config.JupyterHub.cookie_secret") -}}
{{- end -}}
{{- end -}}

{{- define "jupyterhub.hub.config.CryptKeeper.keys" -}}
{{- $keys := dig "CryptKeeper" "keys" list .Values.hub.config -}}
{{- if $keys -}}
{{- join ";" $keys -}}
{{- else -}}
{{- include "pangeo.secret" (list . "hub.config.CryptKeeper.keys") -}}
{{- end -}}
{{- end -}}

{{- define "jupyterhub.hub.services.get_api_token" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $given := dig $name "apiToken" "" $root.Values.hub.services -}}
{{- if $given -}}
{{- $given -}}
{{- else -}}
{{- include "pangeo.secret" (list $root (printf "hub.services.%s.apiToken" $name)) -}}
{{- end -}}
{{- end -}}
