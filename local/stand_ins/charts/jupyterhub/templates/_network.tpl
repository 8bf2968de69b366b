{{- /* Connections that the pods of a component may open besides those to other components, from networkPolicy.{egressAllowRules,egress}. */ -}}
{{- define "network.egress" -}}
{{- $private := list "10.0.0.0/8" "172.16.0.0/12" "192.168.0.0/16" -}}
{{- $metadata := "169.254.169.254/32" -}}
{{- $rules := .egressAllowRules -}}
{{- $nameServers := list -}}
{{- if $rules.dnsPortsCloudMetadataServer }}{{ $nameServers = append $nameServers (dict "ipBlock" (dict "cidr" $metadata)) }}{{ end -}}
{{- if $rules.dnsPortsKubeSystemNamespace -}}
{{- $system := dict "matchLabels" (dict "kubernetes.io/metadata.name" "kube-system") -}}
{{- $nameServers = append $nameServers (dict "namespaceSelector" $system) -}}
{{- end -}}
{{- if $rules.dnsPortsPrivateIPs -}}
{{- range $private }}{{ $nameServers = append $nameServers (dict "ipBlock" (dict "cidr" .)) }}{{ end -}}
{{- end -}}
{{- $egress := list -}}
{{- if $nameServers -}}
{{- $ports := list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP") -}}
{{- $egress = append $egress (dict "to" $nameServers "ports" $ports) -}}
{{- end -}}
{{- if $rules.nonPrivateIPs -}}
{{- $outside := dict "cidr" "0.0.0.0/0" "except" (append $private $metadata) -}}
{{- $egress = append $egress (dict "to" (list (dict "ipBlock" $outside))) -}}
{{- end -}}
{{- if $rules.privateIPs -}}
{{- $inside := list }}{{ range $private }}{{ $inside = append $inside (dict "ipBlock" (dict "cidr" .)) }}{{ end -}}
{{- $egress = append $egress (dict "to" $inside) -}}
{{- end -}}
{{- if $rules.cloudMetadataServer -}}
{{- $egress = append $egress (dict "to" (list (dict "ipBlock" (dict "cidr" $metadata)))) -}}
{{- end -}}
{{- with concat $egress .egress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* A rule that allows connections to the pods of another component: (dict "root" $ "component" "proxy" "port" 8001). */ -}}
{{- define "network.to" -}}
- to:
    - podSelector:
        matchLabels: {{- include "labels.selector" . | nindent 10 }}
  ports:
    - port: {{ .port }}
      protocol: TCP
{{- end -}}

{{- /* A rule that allows connections from pods with the access label of a component: (dict "to" "hub" "port" "http"). */ -}}
{{- define "network.fromLabelled" -}}
- from:
    - podSelector:
        matchLabels:
          hub.jupyter.org/network-access-{{ .to }}: "true"
  ports:
    - port: {{ .port }}
      protocol: TCP
{{- end -}}
