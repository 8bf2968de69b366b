{{- define "gateway.names.chart" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- /* The end of the names of all objects, and the label by which the gateway and Traefik select their objects. */ -}}
{{- define "gateway.names.instance" -}}
{{- $chart := include "gateway.names.chart" . -}}
{{- $long := printf "%s-%s" .Release.Name $chart -}}
{{- $derived := ternary .Release.Name $long (contains $chart .Release.Name) -}}
{{ .Values.fullnameOverride | default $derived | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- /* The name of an object: (dict "root" $ "part" "api"). */ -}}
{{- define "gateway.names.part" -}}
{{ printf "%s-%s" .part (include "gateway.names.instance" .root) | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- /* Labels that select the pods of a component: (dict "root" $ "component" "gateway"). */ -}}
{{- define "gateway.labels.selector" -}}
app.kubernetes.io/name: {{ include "gateway.names.chart" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "gateway.labels" -}}
{{ include "gateway.labels.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
gateway.dask.org/instance: {{ include "gateway.names.instance" .root }}
{{- end -}}

{{- /* The service account of a component's pods: (dict "root" $ "part" "api" "account" .Values.rbac.gateway). */ -}}
{{- define "gateway.names.account" -}}
{{- if not .root.Values.rbac.enabled -}}
default
{{- else -}}
{{ .account.serviceAccountName | default (include "gateway.names.part" .) }}
{{- end -}}
{{- end -}}

{{- /* The names that the gateway's configuration files need. */ -}}
{{- define "gateway.names.asJson" -}}
{{- $api := include "gateway.names.part" (dict "root" . "part" "api") -}}
{{- dict
      "instance" (include "gateway.names.instance" .)
      "namespace" .Release.Namespace
      "apiUrl" (printf "http://%s.%s:8000/api" $api .Release.Namespace)
      "clustersPrefix" (include "gateway.names.part" (dict "root" . "part" "clusters-prefix"))
    | toJson -}}
{{- end -}}
