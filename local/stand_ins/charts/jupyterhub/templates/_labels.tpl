{{- /* Labels that select the pods of a component: (dict "root" $ "component" "hub"). */ -}}
{{- define "labels.selector" -}}
app: jupyterhub
component: {{ .component }}
release: {{ .root.Release.Name }}
{{- end -}}

{{- define "labels" -}}
{{ include "labels.selector" . }}
app.kubernetes.io/name: jupyterhub
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}
