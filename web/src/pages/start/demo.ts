/* A pipeline that deploys what is pushed: the Docker inputs, one Kubernetes task that applies a Deployment and a Service. Also the
 * template of a new pipeline. */
export const DOCKER_INPUTS = ['DOCKER_EVENT_OWNER_NAME', 'DOCKER_IMAGE', 'DOCKER_REPO_NAME', 'DOCKER_REPO_NAMESPACE', 'DOCKER_TAG', 'DOCKER_REGISTRY', 'DOCKER_DIGEST'];

export const demoYaml = (name: string, namespace: string, port: number): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
      - name: ${name}
        image: \${input.DOCKER_REGISTRY}/\${input.DOCKER_IMAGE}:\${input.DOCKER_TAG}
        ports: [{containerPort: ${port}, protocol: TCP}]
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  selector: {app: ${name}}
  ports: [{port: 80, targetPort: ${port}, protocol: TCP}]
`;

/* Kubernetes takes lower case letters, digits and "-" only. */
const kubernetesName = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 50) || 'app';

export const demoPipeline = (project: string, name: string, cluster: string, namespace: string, port: number) => ({
    project, name, kind: 'PIPELINE', enabled: false, concurrency: 1, options: ['DOCKER_TRIGGER'], input: Object.fromEntries(DOCKER_INPUTS.map((input) => [input, ''])), stageOrder: ['Deploy'],
    stages: { Deploy: { taskOrder: ['Apply'], tasks: { Apply: { type: 'K8S', endpoints: { kubernetesServer: cluster }, input: { action: 'APPLY', timeout: 5, yaml: demoYaml(kubernetesName(name), namespace, port) } } } } },
});
