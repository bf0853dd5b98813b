{{- define "kaito.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "kaito.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "kaito.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "kaito.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "kaito.selector" -}}
app.kubernetes.io/name: {{ include "kaito.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "kaito.labels" -}}
{{ include "kaito.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "kaito.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "kaito.fullname" .) .Values.serviceAccount.name }}
{{- else }}{{ required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "kaito.webhook" -}}{{ include "kaito.fullname" . }}-webhook{{- end }}

{{- define "kaito.webhookSecret" -}}
{{- default (printf "%s-certificate" (include "kaito.webhook" .)) .Values.webhooks.secretName }}
{{- end }}

{{/* An image reference: (dict "image" … "registry" … "tag" …). The registry takes the place of the host. */}}
{{- define "kaito.image" -}}
{{- $parts := splitList "/" .image.repository }}
{{- $path := .image.repository }}
{{- if and .registry (gt (len $parts) 1) (regexMatch "[.:]|^localhost$" (first $parts)) }}
{{- $path = rest $parts | join "/" }}
{{- end }}
{{- $name := ternary (printf "%s/%s" (trimSuffix "/" (default "" .registry)) $path) $path (not (empty .registry)) }}
{{- if .image.digest }}{{ printf "%s@%s" $name .image.digest }}{{ else }}{{ printf "%s:%s" $name (default .tag .image.tag) }}{{ end }}
{{- end }}

{{/* The configuration file: what is asked for, and what follows from the other values. */}}
{{- define "kaito.config" -}}
{{- $config := deepCopy .Values.config }}
{{- $webhooks := dict "enabled" .Values.webhooks.enabled "port" .Values.webhooks.port "service" (include "kaito.webhook" .) "configuration" (include "kaito.webhook" .) "secret" (include "kaito.webhookSecret" .) "certificates" (ternary "self-signed" "files" (eq .Values.webhooks.certificates "self-signed")) }}
{{- $own := dict "namespace" .Release.Namespace "webhooks" (merge $webhooks (default dict $config.webhooks)) }}
{{- $config = mustMergeOverwrite $config $own }}
{{- if .Values.registry }}
{{- $plugins := default (list "@kaito-sdk/runtime-inference" "@kaito-sdk/runtime-tuning") $config.plugins }}
{{- range list "@kaito-sdk/runtime-inference" "@kaito-sdk/runtime-tuning" }}
{{- if has . $plugins }}
{{- $settings := default dict (get (default dict $config.config) .) }}
{{- $config = mustMerge $config (dict "config" (dict . (merge $settings (dict "registry" $.Values.registry)))) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{- define "kaito.provisioner" -}}{{ default "karpenter" .Values.config.provisioner }}{{- end }}

{{- define "kaito.httpPort" -}}{{ default 8080 ((.Values.config.http | default dict).port) }}{{- end }}

{{- define "kaito.httpEnabled" -}}
{{- $http := default dict .Values.config.http }}
{{- if ternary $http.enabled true (hasKey $http "enabled") }}true{{ end }}
{{- end }}

{{/* "true" when a device plugin is to be installed. Somebody else's is known by the folder of the kubelet that it mounts. */}}
{{- define "kaito.installsDevicePlugin" -}}
{{- if eq .Values.devicePlugin.mode "install" }}true
{{- else if eq .Values.devicePlugin.mode "auto" }}
{{- $found := false }}
{{- range (lookup "apps/v1" "DaemonSet" "" "").items }}
{{- $ours := eq (get (default dict .metadata.annotations) "meta.helm.sh/release-name") $.Release.Name }}
{{- range .spec.template.spec.volumes }}
{{- if and (not $ours) .hostPath (eq (trimSuffix "/" .hostPath.path) "/var/lib/kubelet/device-plugins") }}{{ $found = true }}{{ end }}
{{- end }}
{{- end }}
{{- if .Capabilities.APIVersions.Has "nvidia.com/v1/ClusterPolicy" }}{{ $found = true }}{{ end }}
{{- if not $found }}true{{ end }}
{{- end }}
{{- end }}
