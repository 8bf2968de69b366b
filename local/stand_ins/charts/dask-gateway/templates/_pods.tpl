{{- /* With both templates a pod meets the pod security level "restricted". */ -}}
{{- define "gateway.pods.security" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "gateway.pods.containerSecurity" -}}
runAsUser: 1000
runAsGroup: 1000
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* Placement of a component's pods. */ -}}
{{- define "gateway.pods.place" -}}
{{- range $key := list "nodeSelector" "affinity" "tolerations" "imagePullSecrets" -}}
{{- with index $ $key }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "gateway.pods.image" -}}
image: {{ .name }}:{{ .tag }}
{{- with .pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end -}}

{{- /* A probe from the values: (dict "kind" "livenessProbe" "probe" .Values.gateway.livenessProbe "path" … "port" …). */ -}}
{{- define "gateway.pods.probe" -}}
{{- if .probe.enabled }}
{{ .kind }}:
  httpGet:
    path: {{ .path }}
    port: {{ .port }}
  {{- omit .probe "enabled" | toYaml | nindent 2 }}
{{- end }}
{{- end -}}
