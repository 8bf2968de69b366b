{{- /* The hub's secrets, under the names of the original's definitions, which a chart that depends on this one may
replace. The original generates missing secrets. */ -}}

{{- define "secrets.missing" -}}
{{- fail (printf "%s is missing; the stand-in does not generate secrets, so that two renders are equal: set 32 random bytes in hex" .) -}}
{{- end -}}

{{- define "jupyterhub.hub.config.ConfigurableHTTPProxy.auth_token" -}}
{{- .Values.proxy.secretToken | default "" -}}
{{- if not .Values.proxy.secretToken }}{{ include "secrets.missing" "proxy.secretToken" }}{{ end -}}
{{- end -}}

{{- define "jupyterhub.hub.config.JupyterHub.cookie_secret" -}}
{{- .Values.hub.cookieSecret | default "" -}}
{{- if not .Values.hub.cookieSecret }}{{ include "secrets.missing" "hub.cookieSecret" }}{{ end -}}
{{- end -}}

{{- define "jupyterhub.hub.config.CryptKeeper.keys" -}}
{{- $keys := dig "CryptKeeper" "keys" list .Values.hub.config -}}
{{- join ";" $keys -}}
{{- if not $keys }}{{ include "secrets.missing" "hub.config.CryptKeeper.keys" }}{{ end -}}
{{- end -}}

{{- define "jupyterhub.hub.services.get_api_token" -}}
{{- $name := index . 1 -}}
{{- $service := index (index . 0).Values.hub.services $name -}}
{{- $token := or $service.apiToken $service.api_token -}}
{{- $token | default "" -}}
{{- if not $token }}{{ include "secrets.missing" (printf "hub.services.%s.apiToken" $name) }}{{ end -}}
{{- end -}}
