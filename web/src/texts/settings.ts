/* Settings and About. English, German. */
export const SETTINGS = {
    about: ['About', 'Über'],
    version: ['Version', 'Version'],
    apiVersion: ['API version', 'API-Version'],
    address: ['Address', 'Adresse'],
    readyNow: ['Takes deliveries', 'Nimmt Zustellungen an'],
    metrics: ['Metrics, for Prometheus', 'Metriken, für Prometheus'],
    audit: ['Audit', 'Protokoll der Änderungen'],
    auditHint: ['Who changed what, and when. Nobody can change it.', 'Wer wann was geändert hat. Niemand kann es ändern.'],
    searchAudit: ['Search who, what, object', 'Person, Vorgang, Objekt suchen'],
    noAudit: ['Nothing has been changed yet', 'Noch nichts geändert'],
} as const;
