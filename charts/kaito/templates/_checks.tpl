{{/* What no schema can say: values that are right by themselves and wrong together. Told before anything is installed. */}}
{{- define "kaito.checks" -}}
{{- if and (eq .Values.config.leaderElection false) (gt (int .Values.replicas) 1) }}
{{- fail (printf "config.leaderElection is false and replicas is %d: each would buy nodes without knowing of the other. Set replicas to 1, or leave leaderElection out" (int .Values.replicas)) }}
{{- end }}
{{- if and .Values.webhooks.enabled (eq .Values.webhooks.certificates "files") (empty .Values.webhooks.secretName) }}
{{- fail "webhooks.certificates is files: name the Secret with the certificate in webhooks.secretName, and its authority in webhooks.caBundle" }}
{{- end }}
{{- if and .Values.webhooks.enabled (include "kaito.httpEnabled" .) (eq (int (include "kaito.httpPort" .)) (int .Values.webhooks.port)) }}
{{- fail (printf "config.http.port and webhooks.port are both %d: only one can listen there" (int .Values.webhooks.port)) }}
{{- end }}
{{- end }}
