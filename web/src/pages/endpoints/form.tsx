/* One endpoint: new or changed. Also opened from the webhook's and the task's form, on the spot. */
import './endpoints.css';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { P, Problem, call, list } from '../../api';
import { useLoaded } from '../../loading';
import type { CloudProxy, Endpoint } from '../../model';
import { Choice, Dialog, Field, Text, Trouble, useAction } from '../../parts';
import { firstProject, mayDevelopIn } from '../../projects';
import { t, timeText } from '../../texts';
import { type Kind, KINDS, type Properties, type Property, kindOf, propertiesToSend, withAuthType } from './kinds';

const MASK = '*****';

interface Draft { name: string; description: string; project: string; type: string; isRestricted: boolean; cloudProxyId: string; properties: Properties }

/* What a new one's choices stand on. */
const FIRST: Record<string, Properties> = { k8s: { authType: 'kubeconfig' }, dockerregistry: { serverType: 'dockerhub' }, git: { serverType: 'GitHub', authType: 'privateToken' }, email: { encryptionMethod: 'TLS' } };

function draftOf(old: Endpoint | null, type: string, project: string): Draft {
    if (old) return { name: old.name, description: old.description, project: old.project, type: old.type, isRestricted: old.isRestricted, cloudProxyId: old.cloudProxyId ?? '',
        properties: withAuthType(old.type, old.properties) };
    return { name: '', description: '', project, type, isRestricted: false, cloudProxyId: '', properties: { ...FIRST[type] } };
}

const bodyOf = (d: Draft) => ({ ...d, properties: propertiesToSend(kindOf(d.type), d.properties) });

// ---- one property

interface PropertyProps { of: Property; value: string; set: (value: string) => void; wrong: string; kept: boolean }

const FILE_MOST = 256 * 1024;

/* A text of many lines: typed, pasted, chosen or dropped as a file. */
function LongText({ of, value, set, kept }: Omit<PropertyProps, 'wrong'>) {
    const file = useRef<HTMLInputElement>(null);
    const [over, setOver] = useState(false), [problem, setProblem] = useState('');
    const take = async (chosen: File | undefined) => {
        setProblem('');
        if (!chosen) return;
        if (chosen.size > FILE_MOST) setProblem(t('fileTooLarge', { most: '256 KB' })); else set(await chosen.text());
    };
    const shown = value === MASK ? '' : value;
    return (
        <span class={over ? 'drop over' : 'drop'} onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
            onDrop={(e) => { e.preventDefault(); setOver(false); void take(e.dataTransfer?.files[0]); }}>
            <textarea rows={5} spellcheck={false} autoComplete="off" required={of.required && !kept} placeholder={kept ? t('unchanged') : t('dropFile')} value={shown}
                onInput={(e) => set(e.currentTarget.value || (kept ? MASK : ''))} />
            <button type="button" onClick={() => file.current?.click()}>{t('chooseFile')}</button>
            <input ref={file} type="file" class="hidden" tabIndex={-1} aria-hidden="true" onChange={(e) => void take(e.currentTarget.files?.[0])} />
            {problem && <em role="alert">{problem}</em>}
        </span>
    );
}

function PropertyField(props: PropertyProps) {
    const { of, value, set, wrong, kept } = props;
    const hint = of.hint && t(of.hint);
    let input: JSX.Element;
    if (of.choices) input = <Choice value={value} set={set} options={of.choices.map(([key, text]) => [key, t(text)] as const)} />;
    else if (of.long) input = <LongText {...props} />;
    else if (of.secret) {
        const reference = value.startsWith('${');
        input = <Text type={reference ? 'text' : 'password'} autoComplete="new-password" required={of.required && !kept} placeholder={kept ? t('unchanged') : ''} value={value === MASK ? '' : value}
            set={(v) => set(v || (kept ? MASK : ''))} />;
    } else input = <Text required={of.required} placeholder={of.placeholder} value={value} set={set} />;
    return <Field label={t(of.text)} hint={hint} wrong={wrong}>{input}</Field>;
}

// ---- does it answer?

interface Party { commonName?: string; organization?: string }
interface Certificate { fingerprints: Record<string, string>; issuedTo?: Party; issuedBy?: Party; periodOfValidity?: { beginsOn?: number; expiresOn?: number } }
const partyText = (party?: Party) => [party?.commonName, party?.organization].filter(Boolean).join(', ') || '–';
const fingerprintOf = (c: Certificate) => c.fingerprints['SHA-256'] ?? '';
interface Answer { status: string; statusMessage: string; duration: number }

function CertificateView({ certificate, accept }: { certificate: Certificate; accept: () => void }) {
    const period = certificate.periodOfValidity ?? {};
    return (
        <div class="notice certificate">
            <dl class="values">
                <div><dt>{t('certificateSubject')}</dt><dd>{partyText(certificate.issuedTo)}</dd></div>
                <div><dt>{t('certificateIssuer')}</dt><dd>{partyText(certificate.issuedBy)}</dd></div>
                <div><dt>{t('certificateValid')}</dt><dd>{[period.beginsOn, period.expiresOn].map((ms) => (ms ? timeText(ms * 1000) : '–')).join(' – ')}</dd></div>
                <div><dt>{t('fingerprint')}</dt><dd><code>{fingerprintOf(certificate)}</code></dd></div>
            </dl>
            <p>{t('certificateHint')}</p>
            <button type="button" onClick={accept}>{t('acceptCertificate')}</button>
        </div>
    );
}

function Validation({ draft, kind, set }: { draft: Draft; kind: Kind; set: (name: string, value: string) => void }) {
    const { busy, problem, run } = useAction();
    const [answer, setAnswer] = useState<Answer | null>(null), [certificate, setCertificate] = useState<Certificate | null>(null);
    const url = kind.certificateUrl(draft.properties);
    const validate = () => run(async () => {
        setAnswer(null);
        setAnswer(await call<Answer>('POST', `${P}/endpoint-validation`, bodyOf(draft)));
    });
    const look = () => run(async () => {
        const found = await call<{ certificates: Certificate[] }>('GET', `${P}/endpoint-certificate?url=${encodeURIComponent(url)}&cloudProxyId=${encodeURIComponent(draft.cloudProxyId)}`);
        if (!found.certificates[0]) throw new Problem(0, t('noCertificate'));
        setCertificate(found.certificates[0]);
    });
    const good = answer?.status === 'COMPLETED';
    return (
        <div class="validation">
            <div class="actions"><button type="button" disabled={busy} onClick={validate}>{busy ? t('validating') : t('validate')}</button>
                {url && <button type="button" class="plain" disabled={busy} onClick={look}>{t('showCertificate')}</button>}</div>
            <div aria-live="polite">
                {answer && <p class={good ? 'notice done' : 'trouble'}>{answer.statusMessage || t(good ? 'validated' : 'notValidated')} <small class="number">{answer.duration} ms</small></p>}
                {answer && !good && url && !certificate && /certificate|tls|ssl/i.test(answer.statusMessage) && <p class="faint">{t('certificateAsk')}</p>}
            </div>
            {certificate && <CertificateView certificate={certificate} accept={() => { set('fingerprint', fingerprintOf(certificate)); setCertificate(null); setAnswer(null); }} />}
            <Trouble problem={problem} />
        </div>
    );
}

// ---- the form

const PLACE = (name: string) => name.replace(/^properties\./, '');

function Fields({ draft, old, set, wrong }: { draft: Draft; old: Endpoint | null; set: (name: string, value: string) => void; wrong: (field: string) => string }) {
    const kind = kindOf(draft.type);
    const asked = kind.properties.filter((p) => p.when?.(draft.properties) ?? true);
    const field = (p: Property) => <PropertyField key={p.name} of={p} value={draft.properties[p.name] ?? ''} set={(v) => set(p.name, v)} wrong={wrong(p.name)} kept={!!old && old.properties[p.name] === MASK} />;
    const rare = asked.filter((p) => p.rare);
    return (
        <>
            {asked.filter((p) => !p.rare).map(field)}
            {rare.length > 0 && <details open={rare.some((p) => wrong(p.name) || (draft.properties[p.name] && p.name === 'fingerprint'))}><summary>{t('moreOptions')}</summary><div class="stack">{rare.map(field)}</div></details>}
        </>
    );
}

interface FormProps { type?: string; project?: string; old?: Endpoint | null; close: (saved: string | null) => void }

export function EndpointForm({ type, project, old = null, close }: FormProps) {
    const [draft, setDraft] = useState(() => draftOf(old, type ?? 'dockerregistry', project ?? firstProject()));
    const { busy, problem, run } = useAction();
    const saved = useRef<string | null>(null);
    const set = (some: Partial<Draft>) => setDraft((d) => ({ ...d, ...some }));
    const setProperty = (name: string, value: string) => setDraft((d) => ({ ...d, properties: { ...d.properties, [name]: value } }));
    const proxies = useLoaded('proxies', ['cloud-proxies'], async (s) => (await list<CloudProxy>('/cloud-proxies', { $top: 1000, $orderby: 'name asc' }, s)).rows);
    const usable = (proxies.data ?? []).filter((p) => !p.project || p.project === draft.project);
    const chosen = usable.find((p) => p.id === draft.cloudProxyId);
    const wrong = (field: string) => (problem && PLACE(problem.field) === field ? problem.message : '');
    const placed = problem && [...kindOf(draft.type).properties.map((p) => p.name), 'name', 'project', 'cloudProxyId'].includes(PLACE(problem.field));
    const save = () => run(async () => {
        await call(old ? 'PUT' : 'POST', `${P}/endpoints${old ? `/${old.id}` : ''}`, bodyOf(draft));
        close(saved.current = draft.name);
    });
    useEffect(() => { if (placed) document.querySelector<HTMLElement>('dialog .field.wrong :is(input, select, textarea)')?.focus(); }, [problem]);
    return (
        <Dialog title={old ? old.name : t('newEndpoint')} close={() => { if (!saved.current) close(null); }} wide>
            <form onSubmit={(e) => { e.preventDefault(); e.stopPropagation(); save(); }}>
                <div class="pair">
                    <Field label={t('project')} wrong={wrong('project')}><Choice value={draft.project} disabled={!!old || !!project} set={(v) => set({ project: v })} options={[...new Set([...mayDevelopIn(), draft.project])].map((n) => [n, n] as const)} /></Field>
                    <Field label={t('type')}><Choice value={draft.type} disabled={!!old || !!type} set={(v) => setDraft((d) => ({ ...draftOf(null, v, d.project), name: d.name, description: d.description }))}
                        options={KINDS.map((k) => [k.type, t(k.text)])} /></Field>
                </div>
                <div class="pair">
                    <Field label={t('name')} wrong={wrong('name')}><Text required autoFocus={!old} value={draft.name} set={(name) => set({ name })} /></Field>
                    <Field label={t('cloudProxy')} wrong={wrong('cloudProxyId')} hint={t(chosen && !chosen.connected ? 'proxyNotConnected' : usable.length ? 'cloudProxyHint' : 'noCloudProxy')}><Choice value={draft.cloudProxyId} set={(cloudProxyId) => set({ cloudProxyId })}
                        options={[['', t('standard')], ...usable.map((p) => [p.id, p.name] as const)]} /></Field>
                </div>
                <Field label={t('description')}><Text value={draft.description} set={(description) => set({ description })} /></Field>
                <Fields draft={draft} old={old} set={setProperty} wrong={wrong} />
                <label class="check"><input type="checkbox" checked={draft.isRestricted} onChange={(e) => set({ isRestricted: e.currentTarget.checked })} /><span>{t('restricted')}</span></label>
                <Validation draft={draft} kind={kindOf(draft.type)} set={setProperty} />
                {!placed && <Trouble problem={problem} />}
                <footer><button type="button" onClick={() => close(null)}>{t('cancel')}</button><button class="primary" disabled={busy}>{busy ? t('saving') : t(old ? 'save' : 'create')}</button></footer>
            </form>
        </Dialog>
    );
}
