/* What runs where. English, German. */
export const DEPLOYMENTS = {
    rolledOut: ['Rolled out', 'Ausgerollt'],
    appliedOnly: ['Applied', 'Angewendet'],
    rolloutFailed: ['Failed', 'Fehlgeschlagen'],
    copyDigest: ['Copy digest', 'Digest kopieren'],
    notPinned: ['not pinned to a digest', 'nicht auf einen Digest festgelegt'],
    pushOf: ['a push, by webhook {name}', 'ein Push, über Webhook {name}'],
    noPush: ['started by hand', 'von Hand gestartet'],
    before: ['Before', 'Vorher'],
    firstHere: ['The first one here', 'Das erste hier'],
    noDeployments: ['Nothing has been deployed from here yet', 'Von hier wurde noch nichts ausgeliefert'],
    noDeploymentsHint: ['As soon as a Kubernetes task has put an image on a cluster, it stands here: which image, since when, and which push brought it.',
        'Sobald eine Kubernetes-Aufgabe ein Image auf einen Cluster gebracht hat, steht es hier: welches Image, seit wann, und welcher Push es brachte.'],
} as const;
