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
{{- if and .Values.scheduling.userPlaceholder.enabled .Values.scheduling.userPlaceholder.replicas -}}
{{- $problems = append $problems "scheduling.userPlaceholder.replicas: more than 0 is not supported by the local stand-in of this chart; leave it out" -}}
{{- end -}}
{{- $generated := "is missing; the stand-in does not generate secrets, so that two renders are equal: set 32 random bytes in hex" -}}
{{- if not .Values.proxy.secretToken }}{{ $problems = append $problems (printf "proxy.secretToken %s" $generated) }}{{ end -}}
{{- if not .Values.hub.cookieSecret }}{{ $problems = append $problems (printf "hub.cookieSecret %s" $generated) }}{{ end -}}
{{- if not (dig "CryptKeeper" "keys" list .Values.hub.config) -}}
{{- $problems = append $problems (printf "hub.config.CryptKeeper.keys %s" $generated) -}}
{{- end -}}
{{- if not (regexMatch "^([0-9a-f]{2})*$" (.Values.hub.cookieSecret | default "")) -}}
{{- $problems = append $problems "hub.cookieSecret is not lower-case hex; set 32 random bytes in hex" -}}
{{- end -}}
{{- range $name, $service := .Values.hub.services -}}
{{- if not (or $service.apiToken $service.api_token) -}}
{{- $problems = append $problems (printf "hub.services.%s.apiToken %s" $name $generated) -}}
{{- end -}}
{{- end -}}
{{- if $problems }}{{ fail (printf "\n  %s" (join "\n  " $problems)) }}{{ end -}}
{{- end -}}
