module faultline.dev/stack/node-problem-detector

go 1.25.0

require k8s.io/node-problem-detector v1.34.0
