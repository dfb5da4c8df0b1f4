/* The properties of an endpoint, by its type: what the form asks for, in the manual's order. docs/endpoints.md says what each means. */
import type { TextKey } from '../../texts';

export interface Property {
    name: string;
    text: TextKey;
    hint?: TextKey;
    secret?: boolean;
    long?: boolean; /* a text of many lines, which may come from a file */
    required?: boolean;
    choices?: readonly (readonly [string, TextKey])[];
    when?: (given: Properties) => boolean; /* asked for only then */
    rare?: boolean; /* behind "more options" */
    placeholder?: string;
}
export type Properties = Record<string, string>;

export interface Kind { type: string; text: TextKey; icon: string; properties: Property[]; address: (p: Properties) => string; certificateUrl: (p: Properties) => string }

const TRUST: Property[] = [
    { name: 'fingerprint', text: 'fingerprint', hint: 'fingerprintHint', rare: true },
    { name: 'insecure', text: 'insecure', hint: 'insecureHint', rare: true, choices: [['', 'insecureNo'], ['true', 'insecureYes']] },
];

/* "registry.example.com/acme/web" and the like: the host as a URL, or "" where there is none to ask. */
export function hostUrl(address: string): string {
    const text = address.trim();
    if (!text || text.includes('${')) return '';
    try {
        const url = new URL(/^https?:\/\//i.test(text) ? text : `https://${text}`);
        return url.protocol === 'https:' ? url.origin : '';
    } catch { return ''; }
}

const REGISTRY: Kind = {
    type: 'dockerregistry', text: 'dockerRegistry', icon: 'M4 8h16v11H4zM7 8V5h10v3M9 12v3M12 12v3M15 12v3',
    address: (p) => p.repoURL || 'https://hub.docker.com',
    certificateUrl: (p) => (p.serverType === 'distribution' ? hostUrl(p.repoURL ?? '') : ''),
    properties: [
        { name: 'serverType', text: 'serverType', required: true, choices: [['dockerhub', 'dockerHub'], ['distribution', 'distribution']] },
        { name: 'repoURL', text: 'repoUrl', hint: 'repoUrlHint', required: true, placeholder: 'https://hub.docker.com/r/acme/web' },
        { name: 'username', text: 'user', hint: 'anonymousHint' },
        { name: 'password', text: 'password', hint: 'hubPasswordHint', secret: true },
        { name: 'proxyCredential', text: 'proxyCredential', hint: 'proxyCredentialHint', rare: true, when: (p) => p.serverType === 'distribution' },
        { name: 'caCertificate', text: 'caCertificate', hint: 'caCertificateHint', long: true, rare: true, when: (p) => p.serverType === 'distribution' },
        ...TRUST.map((one) => ({ ...one, when: (p: Properties) => p.serverType === 'distribution' })),
    ],
};

const by = (...ways: string[]) => (p: Properties) => ways.includes(p.authType || 'kubeconfig');
const NAMED = by('token', 'certificate', 'basic', 'none');

const CLUSTER: Kind = {
    type: 'k8s', text: 'kubernetesCluster', icon: 'M12 3l7.500 3.600 1.900 8.100L16.200 21H7.800L2.600 14.700l1.900-8.100zM12 9v6M9 12h6',
    address: (p) => p.kubernetesURL || (p.authType === 'incluster' ? 'in-cluster' : p.authType === 'proxy' ? p.proxyCredential ?? '' : 'kubeconfig'),
    certificateUrl: (p) => (NAMED(p) ? hostUrl(p.kubernetesURL ?? '') : ''),
    properties: [
        { name: 'authType', text: 'authType', required: true, choices: [['kubeconfig', 'authKubeconfig'], ['token', 'authToken'], ['certificate', 'authCertificate'], ['basic', 'authBasic'], ['none', 'authNone'],
            ['incluster', 'authInCluster'], ['proxy', 'authProxy']] },
        { name: 'proxyCredential', text: 'proxyCredential', hint: 'proxyCredentialHint', required: true, when: by('proxy') },
        { name: 'kubeconfig', text: 'kubeconfig', hint: 'kubeconfigHint', secret: true, long: true, required: true, when: by('kubeconfig') },
        { name: 'context', text: 'context', hint: 'contextHint', when: by('kubeconfig') },
        { name: 'kubernetesURL', text: 'clusterUrl', required: true, placeholder: 'https://10.0.0.1:6443', when: NAMED },
        { name: 'token', text: 'authToken', secret: true, required: true, when: by('token') },
        { name: 'username', text: 'user', required: true, when: by('basic') },
        { name: 'password', text: 'password', secret: true, required: true, when: by('basic') },
        { name: 'certData', text: 'certData', long: true, required: true, when: by('certificate') },
        { name: 'certKeyData', text: 'certKeyData', secret: true, long: true, required: true, when: by('certificate') },
        { name: 'namespace', text: 'namespace', hint: 'namespaceHint' },
        { name: 'certAuthorityData', text: 'caCertificate', hint: 'caCertificateHint', long: true, rare: true, when: NAMED },
        ...TRUST.map((one) => ({ ...one, when: NAMED })),
    ],
};

const ENGINE: Kind = {
    type: 'docker', text: 'dockerEngine', icon: 'M3 13h18c-.500 4-3.500 6-8 6s-8.500-2-10-6zM6 10h3v3M9 10h3v3M12 10h3v3M9 7h3v3M12 7h3v3',
    address: (p) => p.url ?? '', certificateUrl: (p) => hostUrl((p.url ?? '').startsWith('https:') ? p.url! : ''),
    properties: [
        { name: 'url', text: 'engineUrl', hint: 'engineUrlHint', required: true, placeholder: 'https://10.0.0.5:2376' },
        { name: 'certificate', text: 'certData', long: true },
        { name: 'certKeyData', text: 'certKeyData', secret: true, long: true },
        { name: 'sharedPath', text: 'sharedPath', hint: 'sharedPathHint', rare: true, placeholder: '/var/cache/slipway' },
        { name: 'caCertificate', text: 'caCertificate', hint: 'caCertificateHint', long: true, rare: true },
        ...TRUST,
    ],
};

const GIT_SERVERS = [['GitHub', 'gitGitHub'], ['GitHub-Enterprise', 'gitGitHubEnterprise'], ['GitLab', 'gitGitLab'], ['GitLab-Enterprise', 'gitGitLabEnterprise'], ['Bitbucket', 'gitBitbucket'],
    ['Bitbucket-Enterprise', 'gitBitbucketEnterprise'], ['Gitea', 'gitGitea'], ['generic', 'gitGeneric']] as const;
const GIT: Kind = {
    type: 'git', text: 'gitRepository', icon: 'M7 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM7 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM17 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM7 9v6M17 12c0 3-4 3-8 4',
    address: (p) => [p.repoURL, p.branch].filter(Boolean).join(' · '), certificateUrl: (p) => hostUrl((p.repoURL ?? '').startsWith('https:') ? p.repoURL! : ''),
    properties: [
        { name: 'serverType', text: 'gitServer', required: true, choices: GIT_SERVERS },
        { name: 'repoURL', text: 'gitUrl', hint: 'gitUrlHint', required: true, placeholder: 'https://api.github.com/acme/shop' },
        { name: 'branch', text: 'gitBranch', hint: 'gitBranchHint', placeholder: 'main' },
        { name: 'authType', text: 'authType', required: true, choices: [['privateToken', 'gitToken'], ['password', 'password'], ['none', 'authNone']] },
        { name: 'userName', text: 'user', hint: 'gitUserHint', when: (p) => p.authType !== 'none' },
        { name: 'privateToken', text: 'gitToken', hint: 'gitTokenHint', secret: true, required: true, when: (p) => p.authType === 'privateToken' },
        { name: 'password', text: 'password', secret: true, required: true, when: (p) => p.authType === 'password' },
        { name: 'caCertificate', text: 'caCertificate', hint: 'caCertificateHint', long: true, rare: true },
        ...TRUST,
    ],
};

/* Nothing but the cloud proxy that REST, POLL and SSH tasks go through, which the form asks for anyway. */
const AGENT: Kind = { type: 'agent', text: 'agent', icon: 'M12 3v6M12 15v6M4 12h5M15 12h5M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z', address: () => '', certificateUrl: () => '', properties: [] };

const MAIL: Kind = {
    type: 'email', text: 'mailServer', icon: 'M3 6h18v12H3zM3 7l9 7 9-7', address: (p) => (p.outboundHost ? `${p.outboundHost}${p.outboundPort ? `:${p.outboundPort}` : ''}` : ''), certificateUrl: () => '',
    properties: [
        { name: 'senderAddress', text: 'senderAddress', hint: 'senderAddressHint', required: true, placeholder: 'slipway@example.com' },
        { name: 'encryptionMethod', text: 'encryptionMethod', required: true, choices: [['TLS', 'encryptionTls'], ['SSL', 'encryptionSsl'], ['NONE', 'encryptionNone']] },
        { name: 'outboundHost', text: 'outboundHost', required: true, placeholder: 'smtp.example.com' },
        { name: 'outboundPort', text: 'outboundPort', hint: 'outboundPortHint' },
        { name: 'outboundUsername', text: 'user', hint: 'mailUserHint' },
        { name: 'outboundPassword', text: 'password', secret: true },
        { name: 'caCertificate', text: 'caCertificate', hint: 'caCertificateHint', long: true, rare: true },
        ...TRUST,
    ],
};

const JENKINS: Kind = {
    type: 'jenkins', text: 'jenkins', icon: 'M8 10V8a4 4 0 0 1 8 0v2M6 10h12v4a6 6 0 0 1-12 0zM10 13v1M14 13v1', address: (p) => p.url ?? '', certificateUrl: (p) => hostUrl((p.url ?? '').startsWith('https:') ? p.url! : ''),
    properties: [
        { name: 'url', text: 'jenkinsUrl', required: true, placeholder: 'https://jenkins.example.com' },
        { name: 'username', text: 'user' },
        { name: 'password', text: 'jenkinsPassword', hint: 'jenkinsPasswordHint', secret: true },
        { name: 'folderPath', text: 'jenkinsFolderPath', hint: 'jenkinsFolderPathHint', placeholder: 'team/releases' },
        { name: 'pollInterval', text: 'jenkinsPoll', hint: 'jenkinsPollHint', rare: true, placeholder: '5' },
        { name: 'retryCount', text: 'jenkinsRetries', hint: 'jenkinsRetriesHint', rare: true, placeholder: '5' },
        { name: 'retryWaitSeconds', text: 'jenkinsWait', rare: true, placeholder: '60' },
        { name: 'caCertificate', text: 'caCertificate', hint: 'caCertificateHint', long: true, rare: true },
        ...TRUST,
    ],
};

const JIRA: Kind = {
    type: 'jira', text: 'jira', icon: 'M12 3l9 9-9 9-9-9zM12 8l4 4-4 4-4-4z', address: (p) => p.url ?? '', certificateUrl: (p) => hostUrl(p.url ?? ''),
    properties: [
        { name: 'url', text: 'jiraUrl', required: true, placeholder: 'https://jira.example.com' },
        { name: 'username', text: 'user', hint: 'jiraUserHint' },
        { name: 'password', text: 'jiraPassword', secret: true },
        { name: 'caCertificate', text: 'caCertificate', hint: 'caCertificateHint', long: true, rare: true },
        ...TRUST,
    ],
};

export const KINDS: readonly Kind[] = [REGISTRY, CLUSTER, ENGINE, GIT, JENKINS, MAIL, JIRA, AGENT];
export const kindOf = (type: string): Kind => KINDS.find((k) => k.type === type) ?? REGISTRY;

/* Where an endpoint of before has no authType, what its other properties suggest, as the server does. */
export function withAuthType(type: string, given: Properties): Properties {
    if (type === 'git' && !given.authType) return { ...given, authType: given.privateToken ? 'privateToken' : given.password ? 'password' : 'none' };
    if (type !== 'k8s' || given.authType) return given;
    const found = given.kubeconfig ? 'kubeconfig' : given.token ? 'token' : given.certData ? 'certificate' : given.username ? 'basic' : given.kubernetesURL ? 'none' : 'kubeconfig';
    return { ...given, authType: found };
}

/* What is sent: properties of the chosen way only, and what this form does not know as it was. Empty ones are left out. */
export function propertiesToSend(kind: Kind, given: Properties): Properties {
    const known = new Map(kind.properties.map((p) => [p.name, p]));
    return Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== '' && (known.get(name)?.when?.(given) ?? true)));
}
