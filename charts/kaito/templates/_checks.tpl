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
{{- if and (include "kaito.httpEnabled" .) (eq "0" (toString (default dict .Values.config.http).port)) }}
{{- fail "config.http.port is 0: probes and Prometheus would not know the free port that is taken. Name one, or leave it out for 8080" }}
{{- end }}
{{- range $name, $_ := .Values.files }}
{{- if or (eq $name "kaito.yaml") (not (regexMatch "^[A-Za-z0-9._-]+$" $name)) }}
{{- fail (printf "files: %q cannot be: a name has letters, digits, dots, dashes and underscores, and kaito.yaml is the configuration itself (config)" $name) }}
{{- end }}
{{- end }}
{{- if and .Values.serviceMonitor.enabled (not (include "kaito.httpEnabled" .)) }}
{{- fail "serviceMonitor.enabled with config.http.enabled: false: there are no metrics to read. Leave one of them out" }}
{{- end }}
{{- if and (include "kaito.installsDevicePlugin" .) (empty .Values.devicePlugin.image.tag) (empty .Values.devicePlugin.image.digest) }}
{{- fail "devicePlugin.image has neither tag nor digest: name one of them" }}
{{- end }}
{{- /* What follows from other values cannot be said otherwise in `config`: it would be passed over in silence. */}}
{{- $own := fromYaml (include "kaito.config" .) }}
{{- range $key, $said := default dict .Values.config.webhooks }}
{{- if ne (toString $said) (toString (get $own.webhooks $key)) }}
{{- fail (printf "config.webhooks.%s is %v and would not count: the chart makes it %v, by the values below webhooks" $key $said (get $own.webhooks $key)) }}
{{- end }}
{{- end }}
{{- if and .Values.config.namespace (ne .Values.config.namespace .Release.Namespace) }}
{{- fail (printf "config.namespace is %s and would not count: the operator runs in %s, where the release is. Leave it out" .Values.config.namespace .Release.Namespace) }}
{{- end }}
{{- end }}
