/* Every word of the page, English and German, in the manual's own terms. A key that is missing in one language is a type error. */
import { signal } from '@preact/signals';

const TEXTS = {
    // the frame
    skip: ['Skip to content', 'Zum Inhalt springen'],
    executions: ['Executions', 'Ausführungen'],
    pipelines: ['Pipelines', 'Pipelines'],
    endpoints: ['Endpoints', 'Endpoints'],
    variables: ['Variables', 'Variablen'],
    triggers: ['Triggers', 'Auslöser'],
    docker: ['Docker', 'Docker'],
    activity: ['Activity', 'Aktivität'],
    webhooks: ['Webhooks for Docker', 'Webhooks für Docker'],
    account: ['My account', 'Mein Konto'],
    apiTokens: ['API tokens', 'API-Token'],
    menu: ['Menu', 'Menü'],
    language: ['Deutsch', 'English'],
    theme: ['Light or dark', 'Hell oder dunkel'],
    live: ['Live', 'Live'],
    offline: ['Connecting again …', 'Verbindung wird neu aufgebaut …'],
    // signing in
    signIn: ['Sign in', 'Anmelden'],
    signOut: ['Sign out', 'Abmelden'],
    withToken: ['API token', 'API-Token'],
    withPassword: ['User and password', 'Benutzer und Kennwort'],
    user: ['User', 'Benutzer'],
    password: ['Password', 'Kennwort'],
    tokenHint: ["The first administrator's token stands in the file admin.token in the server's data folder.",
        'Das Token des ersten Administrators steht in der Datei admin.token im Datenordner des Servers.'],
    tagline: ['A push deploys.', 'Ein Push wird ausgeliefert.'],
    ended: ['Your session is over. Sign in again to go on.', 'Ihre Sitzung ist beendet. Melden Sie sich erneut an.'],
    signInRefused: ['This API token is unknown, revoked or expired. Check that it was copied whole, or generate another one.',
        'Dieses API-Token ist unbekannt, widerrufen oder abgelaufen. Prüfen Sie, ob es vollständig kopiert wurde, oder generieren Sie ein neues.'],
    passwordRefused: ['User name or password is wrong. An administrator can set a new password.',
        'Benutzername oder Kennwort ist falsch. Ein Administrator kann ein neues Kennwort setzen.'],
    // everywhere
    loading: ['Loading …', 'Wird geladen …'],
    tryAgain: ['Try again', 'Erneut versuchen'],
    noConnection: ['The server does not answer. Check your network; this page goes on by itself when it is back.',
        'Der Server antwortet nicht. Prüfen Sie Ihr Netzwerk; diese Seite macht von selbst weiter.'],
    forbidden: ['You may not do that here. Ask an administrator of the project.',
        'Das dürfen Sie hier nicht. Fragen Sie einen Administrator des Projekts.'],
    search: ['Search', 'Suchen'],
    all: ['All', 'Alle'],
    more: ['Show more', 'Mehr anzeigen'],
    shown: ['{count} of {total}', '{count} von {total}'],
    save: ['Save', 'Speichern'],
    cancel: ['Cancel', 'Abbrechen'],
    close: ['Close', 'Schließen'],
    remove: ['Delete', 'Löschen'],
    edit: ['Edit', 'Bearbeiten'],
    copy: ['Copy', 'Kopieren'],
    copied: ['Copied', 'Kopiert'],
    copyFailed: ['Select it and copy it by hand: the browser did not allow it.', 'Bitte markieren und von Hand kopieren: Der Browser hat es nicht erlaubt.'],
    name: ['Name', 'Name'],
    description: ['Description', 'Beschreibung'],
    project: ['Project', 'Projekt'],
    status: ['Status', 'Status'],
    message: ['Message', 'Meldung'],
    time: ['Time', 'Zeit'],
    owner: ['Owner', 'Besitzer'],
    notFound: ['There is no such page.', 'Diese Seite gibt es nicht.'],
    unchanged: ['stays as it is', 'bleibt unverändert'],
    // activity
    image: ['Image', 'Image'],
    tag: ['Tag', 'Tag'],
    webhook: ['Webhook', 'Webhook'],
    execution: ['Execution', 'Ausführung'],
    pipeline: ['Pipeline', 'Pipeline'],
    noEvents: ['No push has arrived yet', 'Noch kein Push angekommen'],
    noEventsHint: ['Push an image to the repository of a webhook. What arrives appears here by itself, with the reason for everything that came of it.',
        'Übertragen Sie ein Image in das Repository eines Webhooks. Was ankommt, erscheint hier von selbst, mit dem Grund für alles Weitere.'],
    nothingFits: ['Nothing fits this search', 'Nichts passt zu dieser Suche'],
    nothingFitsHint: ['Take a filter away, or search for part of a name.', 'Entfernen Sie einen Filter, oder suchen Sie nach einem Teil des Namens.'],
    decision: ['Decision', 'Entscheidung'],
    delivery: ['Delivery', 'Zustellung'],
    body: ['Body', 'Inhalt'],
    headers: ['Headers', 'Kopfzeilen'],
    rule: ['Rule', 'Regel'],
    why: ['Why', 'Grund'],
    runAgain: ['Run again', 'Erneut ausführen'],
    release: ['Let go now', 'Jetzt freigeben'],
    discard: ['Discard', 'Verwerfen'],
    noDelivery: ['Found by the sweep, or the delivery is no longer kept.', 'Vom Suchlauf gefunden, oder die Zustellung ist nicht mehr gespeichert.'],
    deliveryForbidden: ['Only those who may develop in this project see the raw delivery.', 'Die rohe Zustellung sehen nur Entwickler dieses Projekts.'],
    from: ['From', 'Von'],
    digest: ['Digest', 'Digest'],
    registry: ['Registry', 'Registrierung'],
    foundBy: ['Told by', 'Gemeldet durch'],
    verdict: ['Verdict', 'Urteil'],
    // executions
    noRuns: ['Nothing has run yet', 'Noch nichts ausgeführt'],
    noRunsHint: ['A push to a webhook\'s repository starts a pipeline, or run one by hand under Pipelines.',
        'Ein Push in das Repository eines Webhooks startet eine Pipeline, oder führen Sie eine unter Pipelines von Hand aus.'],
    by: ['by {name}', 'von {name}'],
    stage: ['Stage', 'Phase'],
    task: ['Task', 'Aufgabe'],
    tasks: ['Tasks', 'Aufgaben'],
    type: ['Type', 'Typ'],
    duration: ['Duration', 'Dauer'],
    input: ['Input', 'Eingabe'],
    output: ['Output', 'Ausgabe'],
    log: ['Log', 'Protokoll'],
    noLog: ['This task has written nothing yet.', 'Diese Aufgabe hat noch nichts geschrieben.'],
    none: ['None', 'Keine'],
    failedAt: ['{task} failed', '{task} ist fehlgeschlagen'],
    pause: ['Pause', 'Anhalten'],
    resume: ['Resume', 'Fortsetzen'],
    cancelRun: ['Cancel execution', 'Ausführung abbrechen'],
    cancelRunHint: ['What its tasks have changed already stays as it is.', 'Was ihre Aufgaben bereits geändert haben, bleibt so.'],
    // pipelines
    noPipelines: ['There is no pipeline yet', 'Noch keine Pipeline vorhanden'],
    noPipelinesHint: ['Apply one from a file: slipway apply -f pipeline.yaml. It appears here by itself.',
        'Legen Sie eine aus einer Datei an: slipway apply -f pipeline.yaml. Sie erscheint hier von selbst.'],
    run: ['Run', 'Ausführen'],
    runPipeline: ['Run {name}', '{name} ausführen'],
    model: ['Model', 'Modell'],
    yaml: ['YAML', 'YAML'],
    comments: ['Comments', 'Kommentare'],
    enabled: ['Enabled', 'Aktiviert'],
    disabled: ['Disabled', 'Deaktiviert'],
    lastRuns: ['Last runs', 'Letzte Ausführungen'],
    mustEnable: ['It is disabled. Enable it to run it.', 'Sie ist deaktiviert. Aktivieren Sie sie, um sie auszuführen.'],
    enable: ['Enable', 'Aktivieren'],
    disable: ['Disable', 'Deaktivieren'],
    stages: ['{n} stages, {m} tasks', '{n} Phasen, {m} Aufgaben'],
    // webhooks
    newWebhook: ['New webhook for Docker', 'Neuer Webhook für Docker'],
    editWebhook: ['Webhook for Docker', 'Webhook für Docker'],
    noWebhooks: ['There is no webhook yet', 'Noch kein Webhook vorhanden'],
    noWebhooksHint: ['A webhook listens for pushes to a repository and starts a pipeline with their image and tag.',
        'Ein Webhook wartet auf Pushes in ein Repository und startet eine Pipeline mit deren Image und Tag.'],
    endpoint: ['Endpoint', 'Endpoint'],
    webhookEndpoint: ['Docker registry endpoint', 'Docker-Registrierungs-Endpoint'],
    buildImage: ['Build image', 'Build-Image'],
    buildImageHint: ['A regular expression that the repository matches in full, such as acme/web', 'Regulärer Ausdruck, dem das Repository ganz entspricht, z. B. acme/web'],
    tagHint: ['A regular expression such as v.* ; empty: every tag', 'Regulärer Ausdruck, z. B. v.* ; leer: jedes Tag'],
    apiToken: ['API token', 'API-Token'],
    apiTokenHint: ['With whose rights the pipeline runs. Paste one, or name a variable: ${var.NAME}', 'Mit wessen Rechten die Pipeline läuft. Einfügen oder Variable nennen: ${var.NAME}'],
    generateToken: ['Generate token', 'Token generieren'],
    useToken: ['Generated, and entered above.', 'Generiert und oben eingetragen.'],
    inputsOf: ['Input parameters', 'Eingabeparameter'],
    injected: ['The push gives {names}.', 'Der Push liefert {names}.'],
    verifyPush: ['Ask the registry whether the push is true', 'Bei der Registrierung nachfragen, ob der Push wahr ist'],
    preferred: ['If it can be reached', 'Wenn sie erreichbar ist'],
    required: ['Always', 'Immer'],
    off: ['Off', 'Aus'],
    on: ['On', 'Ein'],
    registration: ['Webhook at Docker Hub', 'Webhook im Docker-Hub'],
    automatic: ['Slipway creates and deletes it', 'Slipway legt ihn an und löscht ihn'],
    manual: ['By hand, with the URL', 'Von Hand, mit der URL'],
    sweep: ['Sweep: looks for pushes that were not told', 'Suchlauf: sucht nach Pushes, die niemand meldete'],
    runLimit: ['Executions in 10 minutes at most (0: no limit)', 'Ausführungen in 10 Minuten höchstens (0: ohne Grenze)'],
    senders: ['Networks that may deliver, comma between them (empty: all)', 'Netze, die zustellen dürfen, mit Komma (leer: alle)'],
    moreOptions: ['More options', 'Weitere Optionen'],
    copyUrl: ['Copy URL', 'URL kopieren'],
    hub: ['Docker Hub', 'Docker-Hub'],
    sweepShort: ['Sweep', 'Suchlauf'],
    held: ['{n} held back by the limit', '{n} durch die Grenze zurückgehalten'],
    deleteWebhook: ['Delete the webhook {name}?', 'Webhook {name} löschen?'],
    deleteWebhookHint: ['Its URL stops working at once, and it is deleted at Docker Hub too. What it started stays.',
        'Seine URL gilt sofort nicht mehr, und er wird auch im Docker-Hub gelöscht. Was er gestartet hat, bleibt.'],
    choose: ['Choose …', 'Auswählen …'],
    saved: ['Saved', 'Gespeichert'],
    anyTag: ['every tag', 'jedes Tag'],
    // tokens
    generate: ['Generate', 'Generieren'],
    generatedToken: ['Generated token', 'Generiertes Token'],
    generatedHint: ['This is the only time it is shown. Copy it now and keep it safe.', 'Es wird nur dieses eine Mal angezeigt. Kopieren Sie es jetzt und bewahren Sie es sicher auf.'],
    orgRole: ['Organization role', 'Organisationsrolle'],
    orgOwner: ['Organization owner', 'Organisationsbesitzer'],
    orgMember: ['Organization member', 'Organisationsmitglied'],
    serviceRole: ['Service role', 'Dienstrolle'],
    administrator: ['Administrator', 'Administrator'],
    developer: ['Developer', 'Entwickler'],
    executor: ['Executor', 'Ausführender'],
    viewer: ['Viewer', 'Betrachter'],
    expires: ['Expires', 'Läuft ab'],
    days: ['{n} days', '{n} Tage'],
    never: ['Never', 'Nie'],
    lastUsed: ['Last used', 'Zuletzt verwendet'],
    created: ['Created', 'Erstellt'],
    revoke: ['Revoke', 'Widerrufen'],
    revoked: ['Revoked', 'Widerrufen'],
    revokeAsk: ['Revoke the token {name}?', 'Token {name} widerrufen?'],
    revokeHint: ['Whatever uses it is refused from the next request on: webhooks, scripts, this page.', 'Was es verwendet, wird ab der nächsten Anfrage abgewiesen: Webhooks, Skripte, diese Seite.'],
    // endpoints
    newEndpoint: ['New endpoint', 'Neuer Endpoint'],
    editEndpoint: ['Endpoint', 'Endpoint'],
    noEndpoints: ['There is no endpoint yet', 'Noch kein Endpoint vorhanden'],
    noEndpointsHint: ['Begin with the Docker registry that is pushed to; then add the Kubernetes cluster.', 'Beginnen Sie mit der Docker-Registrierung, in die übertragen wird, dann folgt der Kubernetes-Cluster.'],
    dockerRegistry: ['Docker registry', 'Docker-Registrierung'],
    kubernetes: ['Kubernetes', 'Kubernetes'],
    serverType: ['Server type', 'Servertyp'],
    dockerHub: ['Docker Hub', 'Docker-Hub'],
    distribution: ['Any OCI registry (distribution)', 'Andere OCI-Registrierung (distribution)'],
    repoUrl: ['URL of the repository', 'URL des Repositorys'],
    clusterUrl: ['URL of the cluster', 'URL des Clusters'],
    authType: ['Authentication', 'Authentifizierung'],
    authToken: ['Token', 'Token'],
    authBasic: ['User and password', 'Benutzer und Kennwort'],
    authNone: ['None', 'Keine'],
    cloudProxy: ['Cloud proxy', 'Cloud-Proxy'],
    standard: ['Default', 'Standard'],
    fingerprint: ['Fingerprint of the certificate', 'Fingerabdruck des Zertifikats'],
    validate: ['Validate', 'Validieren'],
    validating: ['Asking …', 'Wird gefragt …'],
    showCertificate: ['Show certificate', 'Zertifikat anzeigen'],
    acceptCertificate: ['Accept certificate', 'Zertifikat akzeptieren'],
    certificateOf: ['{name}, issued by {issuer}', '{name}, ausgestellt von {issuer}'],
    deleteAsk: ['Delete {name}?', '{name} löschen?'],
    deleteHint: ['This cannot be undone.', 'Das lässt sich nicht rückgängig machen.'],
    restricted: ['Restricted: only administrators use and change it', 'Eingeschränkt: nur für Administratoren'],
    // variables
    newVariable: ['New variable', 'Neue Variable'],
    noVariables: ['There is no variable yet', 'Noch keine Variable vorhanden'],
    noVariablesHint: ['A variable keeps what several pipelines use: ${var.NAME}. A secret one is never shown again.', 'Eine Variable hält, was mehrere Pipelines brauchen: ${var.NAME}. Eine geheime wird nie wieder angezeigt.'],
    value: ['Value', 'Wert'],
    regular: ['Regular', 'Regulär'],
    secret: ['Secret', 'Geheim'],
    restrictedType: ['Restricted', 'Eingeschränkt'],
} as const;

export type TextKey = keyof typeof TEXTS;
export type Language = 'en' | 'de';

/* What a status is called: the API's words stay in its JSON. */
const STATUS: Record<string, readonly [string, string]> = {
    QUEUED: ['Queued', 'In Warteschlange'], RUNNING: ['Running', 'Läuft'], STARTED: ['Started', 'Gestartet'], COMPLETED: ['Completed', 'Abgeschlossen'],
    FAILED: ['Failed', 'Fehlgeschlagen'], CANCELED: ['Canceled', 'Abgebrochen'], CANCELING: ['Canceling', 'Wird abgebrochen'], WAITING: ['Waiting', 'Wartet'],
    PAUSED: ['Paused', 'Angehalten'], PAUSING: ['Pausing', 'Wird angehalten'], RESUMING: ['Resuming', 'Wird fortgesetzt'], SKIPPED: ['Skipped', 'Übersprungen'],
    NOT_STARTED: ['Not started', 'Nicht begonnen'], FAILED_CONTINUE: ['Failed, went on', 'Fehlgeschlagen, fortgesetzt'], IGNORED: ['Ignored', 'Ignoriert'],
    HELD: ['Held back', 'Zurückgehalten'],
};

function stored(name: string): string | null {
    try { return localStorage.getItem(name); } catch { return null; }
}
function store(name: string, value: string): void {
    try { localStorage.setItem(name, value); } catch { /* private windows forget it */ }
}

function first(): Language {
    const kept = stored('slipway.language');
    if (kept === 'de' || kept === 'en') return kept;
    const known = navigator.languages.map((l) => l.slice(0, 2)).find((l) => l === 'de' || l === 'en');
    return (known as Language | undefined) ?? 'en';
}

export const language = signal<Language>(first());

export function setLanguage(to: Language): void {
    language.value = to;
    store('slipway.language', to);
}

const which = () => (language.value === 'de' ? 1 : 0);

export function t(key: TextKey, values: Record<string, string | number> = {}): string {
    return TEXTS[key][which()].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

export function statusText(status: string): string {
    return STATUS[status]?.[which()] ?? status;
}

// ---- times, as people read them

const locale = () => (language.value === 'de' ? 'de' : 'en-GB');

export function timeText(micros: number): string {
    const date = new Date(micros / 1000);
    const today = date.toDateString() === new Date().toDateString();
    return new Intl.DateTimeFormat(locale(), today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

export function wholeTime(micros: number): string {
    return new Intl.DateTimeFormat(locale(), { dateStyle: 'full', timeStyle: 'long' }).format(new Date(micros / 1000));
}

export function durationText(micros: number): string {
    const seconds = micros / 1e6;
    const number = (n: number, digits: number) => n.toLocaleString(locale(), { maximumFractionDigits: digits });
    if (seconds < 1) return `${number(micros / 1000, 0)} ms`;
    if (seconds < 60) return `${number(seconds, 1)} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
