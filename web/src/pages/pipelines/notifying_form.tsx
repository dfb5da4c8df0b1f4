/* One notification: of what, to whom, in which words. The server judges it before it becomes part of the draft. */
import { useRef, useState } from 'preact/hooks';
import { type Finding, list } from '../../api';
import { useLoaded } from '../../loading';
import type { CloudProxy, Endpoint } from '../../model';
import { Choice, Dialog, Field, Json, Text, Trouble, useAction } from '../../parts';
import { statusText, t, type TextKey } from '../../texts';
import { EVENTS, KINDS } from '../notifications/told';
import { checkDraft } from './definition';
import { type Entry, type PipelineDraft, stageNames, withEntry } from './model/draft';
import { Pairs } from './model/pairs';
import { JsonField } from './model/plain';
import { below } from './model/wrong';
import type { Numbered } from './notifying';
import { textOf } from './parameters';
import { inputReferences, taskReferences } from './references';

interface Part { entry: Entry; set: (some: Partial<Entry>) => void; wrong: (key: string) => string; readOnly: boolean; draft: PipelineDraft }

const KEYS: Record<string, string[]> = { email: ['endpoint', 'to', 'subject', 'body'], jira: ['endpoint', 'project', 'issuetype', 'assignee', 'summary', 'description', 'action'],
    webhook: ['url', 'action', 'type', 'headers', 'payload', 'cloudProxyId'] };
const COMMON = ['event', 'stage', 'task'];

/* What is there already is kept, also where it is none of those that are offered. */
const withOwn = (all: (readonly [string, string])[], own: string) => [...all, ...(own && !all.some(([key]) => key === own) ? [[own, own] as const] : [])];

// ---- of what

function Event({ entry, set, wrong, readOnly, kind }: Part & { kind: string }) {
    const all = Object.entries(EVENTS).filter(([key]) => kind !== 'jira' || key === 'FAILURE' || key === 'CANCELED').map(([key, as]) => [key, statusText(as)] as const);
    const own = textOf(entry.event), known = EVENTS[own.toUpperCase()] ? own.toUpperCase() : own;
    return <Field label={t('tellEvent')} wrong={wrong('event')}><Choice value={known} disabled={readOnly} set={(event) => set({ event })} options={withOwn(all, known)} /></Field>;
}

/* "Stage/Task" names no two places: neither may hold a "/". */
function Where({ entry, set, wrong, readOnly, draft }: Part) {
    const own = [textOf(entry.stage), textOf(entry.task)].filter(Boolean).join('/');
    const all = stageNames(draft).flatMap((stage) => [[stage, stage] as const, ...Object.keys(draft.stages?.[stage]?.tasks ?? {}).map((task) => [`${stage}/${task}`, `${stage} › ${task}`] as const)]);
    const take = (place: string) => { const [stage, task] = place.split('/'); set({ stage: stage || undefined, task }); };
    return <Field label={t('tellWhere')} wrong={wrong('stage') || wrong('task')}><Choice value={own} disabled={readOnly} set={take} options={withOwn([['', t('tellWhole')], ...all], own)} /></Field>;
}

// ---- in which words

const WORDS = ['name', 'executionIndex', 'executionUrl', 'status', 'statusMessage', 'requestBy', 'comments', 'stageName', 'taskName', 'notificationEvent', 'userOpUrl', 'userOpSummary'];

function Words({ name, label, hint, rows, entry, set, wrong, readOnly, draft }: Part & { name: string; label: TextKey; hint?: TextKey; rows?: number }) {
    const value = textOf(entry[name]), offered = [...WORDS, ...inputReferences(draft), ...taskReferences(draft)];
    return (
        <div class="words">
            <Field label={t(label)} wrong={wrong(name)} {...(hint ? { hint: t(hint) } : {})}>{rows ? <textarea rows={rows} disabled={readOnly} value={value} onInput={(e) => set({ [name]: e.currentTarget.value })} />
                : <Text disabled={readOnly} value={value} set={(v) => set({ [name]: v })} />}</Field>
            {!readOnly && <select class="helper" aria-label={`${t('pathHelper')} ${t(label)}`} value="" onChange={(e) => { set({ [name]: `${value}\${${e.currentTarget.value}}` }); e.currentTarget.value = ''; }}>
                <option value="">{t('pathHelper')}</option>{offered.map((path) => <option key={path} value={path}>{path}</option>)}</select>}
        </div>
    );
}

function Line({ name, label, hint, placeholder, entry, set, wrong, readOnly }: Part & { name: string; label: TextKey; hint?: TextKey; placeholder?: string }) {
    return <Field label={t(label)} wrong={wrong(name)} {...(hint ? { hint: t(hint) } : {})}><Text disabled={readOnly} value={textOf(entry[name])} placeholder={placeholder} set={(v) => set({ [name]: v })} /></Field>;
}

// ---- to whom

function By({ type, label, none, entry, set, wrong, readOnly, draft }: Part & { type: string; label: TextKey; none: TextKey }) {
    const found = useLoaded(`endpoints of ${draft.project}`, ['endpoints'], async (s) => (await list<Endpoint>('/endpoints', { $top: 1000, $filter: `(project eq '${draft.project.replace(/'/g, "''")}')` }, s)).rows);
    const names = (found.data ?? []).filter((e) => e.type === type).map((e) => [e.name, e.name] as const), own = textOf(entry.endpoint);
    const unknown = found.data && own && !own.includes('${') && !names.some(([name]) => name === own) ? t('noSuchEndpoint') : '';
    return <Field label={t(label)} wrong={wrong('endpoint') || unknown} hint={found.data && !names.length ? t(none) : ''}><Choice value={own} disabled={readOnly} set={(endpoint) => set({ endpoint })} options={withOwn([['', t('choose')], ...names], own)} /></Field>;
}

function Email(props: Part) {
    const { entry, set, wrong, readOnly } = props, to = Array.isArray(entry.to) ? entry.to.map(textOf).join('\n') : textOf(entry.to);
    const [typed, type] = useState<string | null>(null); /* while somebody types, a line is not yet what it will be */
    const take = (text: string) => { type(text); const all = text.split(/[\n,;]/).map((one) => one.trim()).filter(Boolean); set({ to: all.length ? all : undefined }); };
    return (
        <>
            <By {...props} type="email" label="tellMailServer" none="tellNoMailServer" />
            <Field label={t('tellTo')} hint={t('tellToHint')} wrong={wrong('to')}><textarea rows={2} spellcheck={false} disabled={readOnly} placeholder="ops@example.com" value={typed ?? to} onInput={(e) => take(e.currentTarget.value)} onBlur={() => type(null)} /></Field>
            <Words {...props} name="subject" label="tellSubject" hint="tellWordsHint" />
            <Words {...props} name="body" label="tellBody" rows={4} hint="tellWordsHint" />
        </>
    );
}

function Through({ entry, set, wrong, readOnly, draft }: Part) {
    const found = useLoaded('cloud proxies for notifications', ['cloud-proxies'], async (s) => (await list<CloudProxy>('/cloud-proxies', { $top: 1000 }, s)).rows.filter((one) => !one.project || one.project === draft.project));
    const own = textOf(entry.cloudProxyId), chosen = found.data?.find((one) => one.id === own || one.name === own)?.id ?? own;
    if (!own && !found.data?.length) return null;
    return <Field label={t('cloudProxy')} wrong={wrong('cloudProxyId')}><Choice value={chosen} disabled={readOnly} set={(cloudProxyId) => set({ cloudProxyId })} options={withOwn([['', t('standard')], ...(found.data ?? []).map((one) => [one.id, one.name] as const)], chosen)} /></Field>;
}

function Payload(props: Part) {
    const { entry, set, wrong, readOnly } = props, tree = entry.payload !== null && typeof entry.payload === 'object';
    if (!tree) return <Words {...props} name="payload" label="restPayload" rows={4} hint={textOf(entry.type) ? 'tellShapedHint' : 'tellPayloadHint'} />;
    return <><JsonField of={{ name: 'payload', text: 'restPayload', json: true, array: Array.isArray(entry.payload) }} value={entry.payload} set={(payload) => set({ payload })} readOnly={readOnly} />{wrong('payload') && <p class="notice">{wrong('payload')}</p>}</>;
}

function Webhook(props: Part) {
    const { entry, set, wrong, readOnly } = props, type = textOf(entry.type).toLowerCase(), action = textOf(entry.action).toLowerCase();
    return (
        <>
            <Line {...props} name="url" label="restUrl" hint="tellUrlHint" placeholder="${var.slack-url}" />
            <div class="pair">
                <Field label={t('tellShape')} wrong={wrong('type')}><Choice value={type} disabled={readOnly} set={(v) => set({ type: v })} options={withOwn([['', t('tellShapeOwn')], ['slack', 'Slack'], ['teams', 'Teams']], type)} /></Field>
                <Field label={t('action')} wrong={wrong('action')}><Choice value={action} disabled={readOnly} set={(v) => set({ action: v })} options={withOwn([['', 'POST'], ...(action === 'post' ? [['post', 'POST'] as const] : []), ['put', 'PUT'], ['patch', 'PATCH']], action)} /></Field>
            </div>
            <Pairs label={t('restHeaders')} of={entry.headers} wrong={wrong('headers')} readOnly={readOnly} placeholder="${var.chat-token}" set={(headers) => set({ headers })} />
            <Payload {...props} />
            <Through {...props} />
        </>
    );
}

function Jira(props: Part) {
    return (
        <>
            <By {...props} type="jira" label="jira" none="tellNoJira" />
            <div class="pair"><Line {...props} name="project" label="jiraProject" placeholder="OPS" /><Line {...props} name="issuetype" label="jiraType" placeholder="Bug" /></div>
            <Line {...props} name="assignee" label="jiraAssignee" hint="jiraAssigneeHint" />
            <Words {...props} name="summary" label="jiraSummary" hint="tellWordsHint" />
            <Words {...props} name="description" label="description" rows={4} hint="tellWordsHint" />
        </>
    );
}

const FORMS: Record<string, (props: Part) => preact.JSX.Element> = { email: Email, webhook: Webhook, jira: Jira };

// ---- the window

interface Props { draft: PipelineDraft; of: Numbered; isNew: boolean; readOnly: boolean; findings: Finding[]; close: () => void; change: (next: PipelineDraft) => void }

function useEntry({ draft, of, isNew, findings, close, change }: Props) {
    const [kind, setKind] = useState(of.kind), [entry, setEntry] = useState<Entry>(of.entry), [accepted, accept] = useState('');
    const index = isNew ? draft.notifications?.[kind]?.length ?? 0 : of.index, pointer = `/notifications/${kind}/${index}`;
    const [found, setFound] = useState(() => (isNew ? [] : below(findings, pointer)));
    const { busy, problem, run } = useAction();
    const set = (some: Partial<Entry>) => { /* what is empty is not written; what was said of a field is said of what stood there before */
        setEntry((old) => Object.fromEntries(Object.entries({ ...old, ...some }).filter(([key, value]) => !(key in some) || (value !== undefined && value !== ''))) as Entry);
        setFound((old) => old.filter((f) => !Object.keys(some).some((key) => below([f], `${pointer}/${key}`).length)));
    };
    const become = (next: string) => { /* what both have stays */
        setKind(next);
        setFound([]);
        setEntry((old) => ({ ...Object.fromEntries(Object.entries(old).filter(([key]) => COMMON.includes(key))), event: next === 'jira' && !['FAILURE', 'CANCELED'].includes(old.event) ? 'FAILURE' : old.event }) as Entry);
    };
    const done = (wrong: () => void) => run(async () => {
        const next = withEntry(draft, kind, index, entry), text = JSON.stringify(entry);
        if (accepted !== text) {
            const mine = below((await checkDraft(next, true)).problems, pointer);
            setFound(mine);
            if (mine.some((f) => f.level === 'ERROR')) { accept(text); wrong(); return; }
        }
        change(next);
        close();
    });
    return { kind, become, entry, set, found, pointer, busy, problem, done, isAccepted: accepted !== '' && accepted === JSON.stringify(entry) };
}

export function EntryWindow(props: Props) {
    const { draft, isNew, readOnly, close } = props, form = useRef<HTMLFormElement>(null);
    const { kind, become, entry, set, found, pointer, busy, problem, done, isAccepted } = useEntry(props);
    const wrong = (key: string) => below(found, `${pointer}/${key}`).map((f) => f.message).join('\n');
    const known = [...COMMON, ...(KEYS[kind] ?? [])], placed = (f: Finding) => known.some((key) => below([f], `${pointer}/${key}`).length);
    const others = Object.fromEntries(Object.entries(entry).filter(([key]) => !known.includes(key))), Form = FORMS[kind];
    const part: Part = { entry, set, wrong, readOnly, draft };
    const toWrong = () => requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('.field.wrong :is(input, select, textarea)')?.focus());
    return (
        <Dialog title={t(isNew ? 'addTelling' : 'changeTelling')} close={close} wide>
            <form ref={form} onSubmit={(e) => { e.preventDefault(); e.stopPropagation(); done(toWrong); }}>
                <div class="pair">
                    <Field label={t('tellKind')}><Choice value={kind} disabled={!isNew || readOnly} set={become} options={withOwn(['email', 'webhook', 'jira'].map((one) => [one, t(KINDS[one]!)] as const), kind)} /></Field>
                    <Event {...part} kind={kind} />
                    <Where {...part} />
                </div>
                {Form && <Form key={kind} {...part} />}
                {Object.keys(others).length > 0 && <section class="stack"><h3>{t('moreKeys')}</h3><Json value={others} /></section>}
                {found.filter((f) => !placed(f)).map((f, i) => <p key={i} class="notice" role="alert">{f.message}</p>)}
                <Trouble problem={problem} />
                <footer><button type="button" onClick={close}>{t(readOnly ? 'close' : 'cancel')}</button>
                    {!readOnly && <button class={isAccepted ? '' : 'primary'} disabled={busy}>{t(isAccepted ? 'tellAnyway' : 'tellDone')}</button>}</footer>
            </form>
        </Dialog>
    );
}
