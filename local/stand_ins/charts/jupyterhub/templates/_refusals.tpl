{{- /* Fail with a list of all problems in the values. */ -}}
{{- define "refusals" -}}
{{- $problems := list -}}
{{- $off := "is not supported by the local stand-in of this chart; set it to false" -}}
{{- range $key, $on := dict
      "proxy.https.enabled" .Values.proxy.https.enabled
      "ingress.enabled" .Values.ingress.enabled
      "scheduling.userScheduler.enabled" .Values.scheduling.userScheduler.enabled
      "prePuller.hook.enabled" .Values.prePuller.hook.enabled
      "prePuller.continuous.enabled" .Values.prePuller.continuous.enabled
      "singleuser.cloudMetadata.blockWithIptables" .Values.singleuser.cloudMetadata.blockWithIptables -}}
{{- if $on }}{{ $problems = append $problems (printf "%s: true %s" $key $off) }}{{ end -}}
{{- end -}}
{{- if not (regexMatch "^([0-9a-f]{2})*$" (.Values.hub.cookieSecret | default "")) -}}
{{- $problems = append $problems "hub.cookieSecret is not lower-case hex; set 32 random bytes in hex" -}}
{{- end -}}
{{- if $problems }}{{ fail (printf "\n  %s" (join "\n  " $problems)) }}{{ end -}}
{{- end -}}
