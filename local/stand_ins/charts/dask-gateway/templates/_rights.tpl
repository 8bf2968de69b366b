{{- /* A service account for a component, with the same cluster-wide rights as in the upstream chart:
(dict "root" $ "component" "gateway" "part" "api" "account" .Values.rbac.gateway "rules" (list …)). */ -}}
{{- define "gateway.rights" -}}
{{- if and .root.Values.rbac.enabled (not .account.serviceAccountName) -}}
{{- $name := include "gateway.names.part" . -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels: {{- include "gateway.labels" . | nindent 4 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ $name }}
  labels: {{- include "gateway.labels" . | nindent 4 }}
rules: {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ $name }}
  labels: {{- include "gateway.labels" . | nindent 4 }}
subjects:
  - kind: ServiceAccount
    name: {{ $name }}
    namespace: {{ .root.Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ $name }}
{{- end -}}
{{- end -}}
