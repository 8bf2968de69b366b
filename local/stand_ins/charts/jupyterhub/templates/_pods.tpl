{{- /* With both templates a pod meets the pod security level "restricted". */ -}}
{{- define "pods.security" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- /* (dict "user" 1000 "group" 1000) */ -}}
{{- define "pods.containerSecurity" -}}
runAsUser: {{ .user }}
runAsGroup: {{ .group }}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* Environment variables from an object of strings, or from a list in the form of Kubernetes. */ -}}
{{- define "pods.environment" -}}
{{- if kindIs "slice" . }}{{ toYaml . }}
{{- else }}{{ range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}{{ end }}
{{- end -}}

{{- /* A start may take several minutes; afterwards only a process that hangs is restarted. */ -}}
{{- define "pods.probes" -}}
readinessProbe:
  httpGet: {{ toJson . }}
  periodSeconds: 1
  timeoutSeconds: 1
  failureThreshold: 1000
livenessProbe:
  httpGet: {{ toJson . }}
  initialDelaySeconds: 60
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 30
{{- end -}}
