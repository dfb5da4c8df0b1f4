/* Task types whose form is a list of fields: all but K8S, Custom and Pipeline. */
import { useState } from 'preact/hooks';
import { list } from '../../../api';
import { useLoaded } from '../../../loading';
import type { Endpoint } from '../../../model';
import { Choice, Field, Json, Text } from '../../../parts';
import { t, type TextKey } from '../../../texts';
import { type Window, WindowRows } from '../../../windows';
import { changeTask } from './draft';
import { numberOf } from './limits';
import { Pairs } from './pairs';
import type { TaskProps } from './task';

export interface Asked { name: string; /* "exitCriteria.success": a part of it */ text: TextKey; hint?: TextKey; choices?: string[]; long?: boolean; json?: boolean; check?: boolean; lines?: boolean; array?: boolean; rows?: number; placeholder?: string; number?: boolean; pairs?: boolean; windows?: boolean; objects?: boolean /* lines that are JSON become what they say */; old?: boolean /* shown only where it stands already */; when?: (input: Record<string, unknown>) => boolean }
interface Plain { agent?: boolean; mail?: boolean; registries?: boolean; jenkins?: boolean; fields: Asked[] }

const CALL: Asked[] = [{ name: 'headers', text: 'restHeaders', pairs: true, placeholder: 'Bearer ${var.TOKEN}' }];
const ANSWER: Asked = { name: 'timeout', text: 'restTimeout', hint: 'restTimeoutHint', number: true, placeholder: '60' };
const takesPayload = (input: Record<string, unknown>) => !/^(get|head)$/i.test(String(input.action ?? '')) || (input.payload !== undefined && input.payload !== '');
const script = (text: string): Asked[] => [{ name: 'script', text: 'sshScript', hint: 'sshScriptHint', long: true, placeholder: text }, { name: 'host', text: 'sshHost', placeholder: 'build.example.com:22' },
    { name: 'username', text: 'sshUser' }, { name: 'password', text: 'sshPassword', hint: 'sshSecretHint', placeholder: '${var.SSH_PASSWORD}' }];
const SCRIPT_KEY: Asked[] = [{ name: 'privatekey', text: 'sshKey', hint: 'sshKeyHint', long: true, placeholder: '${var.SSH_KEY}' }, { name: 'passphrase', text: 'sshPassphrase', placeholder: '${var.SSH_PASSPHRASE}' },
    { name: 'fingerprint', text: 'sshFingerprint', hint: 'sshFingerprintHint', placeholder: 'SHA256:' }, { name: 'workingDirectory', text: 'sshFolder', hint: 'sshFolderHint' },
    { name: 'arguments', text: 'sshArguments', hint: 'sshArgumentsHint', lines: true, array: true, placeholder: '${input.DOCKER_TAG}' },
    { name: 'environmentVariables', text: 'sshEnvironment', pairs: true, placeholder: '${input.DOCKER_TAG}' }];
export const PLAIN: Record<string, Plain> = {
    CI: { fields: [{ name: 'steps', text: 'ciSteps', hint: 'ciStepsHint', lines: true, rows: 8, placeholder: 'make test' }, { name: 'export', text: 'ciExport', hint: 'ciExportHint', lines: true, placeholder: 'VERSION' },
        { name: 'artifacts', text: 'ciArtifacts', hint: 'ciArtifactsHint', lines: true, placeholder: 'dist' }, { name: 'process', text: 'ciProcess', hint: 'ciProcessHint', lines: true, objects: true, placeholder: 'target/surefire-reports' }] },
    Condition: { fields: [{ name: 'condition', text: 'conditionField', hint: 'conditionFieldHint', long: true, placeholder: '${input.DOCKER_TAG} != "latest"' }] },
    REST: { agent: true, fields: [{ name: 'action', text: 'action', choices: ['get', 'post', 'put', 'patch', 'delete', 'head'] }, { name: 'url', text: 'restUrl', placeholder: 'https://' }, ...CALL,
        { name: 'payload', text: 'restPayload', long: true, hint: 'restPayloadHint', when: takesPayload }, { name: 'successCriteria', text: 'successCriteria', hint: 'successCriteriaHint', long: true, rows: 2, placeholder: 'responseCode == 200 && status == "ok"' }, ANSWER] },
    POLL: { agent: true, fields: [{ name: 'url', text: 'restUrl', placeholder: 'https://' }, ...CALL, { name: 'exitCriteria.success', text: 'exitSuccess', hint: 'exitCriteriaHint', long: true, rows: 2, placeholder: "status == 'FINISHED'" },
        { name: 'exitCriteria.failure', text: 'exitFailure', hint: 'exitFailureHint', long: true, rows: 2, placeholder: "status == 'FAILED'" }, { name: 'pollCount', text: 'pollCount', number: true, placeholder: '10' }, { name: 'pollIntervalSeconds', text: 'pollInterval', number: true, placeholder: '60' }, ANSWER, { name: 'ignoreFailure', text: 'pollIgnore', check: true }] },
    UserOperation: { mail: true, fields: [{ name: 'summary', text: 'approvalSummary', placeholder: 'Release ${input.DOCKER_TAG}?' }, { name: 'description', text: 'description', long: true }, { name: 'approvers', text: 'approvers', hint: 'approversHint', lines: true },
        { name: 'approverGroups', text: 'approverGroups', lines: true }, { name: 'expiration', text: 'expiration', number: true, placeholder: '3' }, { name: 'expirationUnit', text: 'expirationUnit', choices: ['minutes', 'hours', 'days'] }, { name: 'expirationInDays', text: 'expirationInDays', number: true, old: true },
        { name: 'cancelPreviousPendingUserOp', text: 'replacesOlder', check: true }, { name: 'sendemail', text: 'sendEmail', check: true }] },
    Wait: { fields: [{ name: 'duration', text: 'waitDuration', hint: 'waitDurationHint', placeholder: '15m' }, { name: 'until', text: 'waitUntil', hint: 'waitUntilHint', placeholder: '2027-01-01T06:00:00Z' }, { name: 'window', text: 'waitWindow', windows: true }] },
    Image: { registries: true, fields: [{ name: 'action', text: 'action', choices: ['copy', 'retag'] }, { name: 'source', text: 'imageSource', hint: 'imageSourceHint', placeholder: 'app/build:${input.DOCKER_TAG}' },
        { name: 'target', text: 'imageTarget', hint: 'imageTargetHint', placeholder: 'app/release' }, { name: 'tags', text: 'imageTags', hint: 'imageTagsHint', lines: true, placeholder: '${input.DOCKER_TAG}' },
        { name: 'platform', text: 'imagePlatform', hint: 'imagePlatformHint', placeholder: 'linux/amd64' }, { name: 'onExisting', text: 'imageExisting', hint: 'imageExistingHint', choices: ['overwrite', 'refuse', 'keep'] }] },
    Jenkins: { jenkins: true, fields: [{ name: 'job', text: 'jenkinsJob', placeholder: 'deploy-shop' }, { name: 'jobFolder', text: 'jenkinsFolder', hint: 'jenkinsFolderHint', placeholder: 'team/releases' },
        { name: 'parameters', text: 'jenkinsParameters', hint: 'jenkinsParametersHint', json: true, placeholder: '{"TAG": "${input.DOCKER_TAG}"}' }, { name: 'onUnstable', text: 'jenkinsUnstable', hint: 'jenkinsUnstableHint', choices: ['fail', 'warn'] }] },
    SSH: { agent: true, fields: [...script('echo "$1"'), ...SCRIPT_KEY, { name: 'continueOnCommandFailure', text: 'sshGoOn', check: true }] },
    PowerShell: { agent: true, fields: [...script('Write-Output $args[0]'), ...SCRIPT_KEY] },
};

const shown = (value: unknown) => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2));

type Values = Record<string, unknown>;
const inside = (value: unknown): Values => (value && typeof value === 'object' && !Array.isArray(value) ? value as Values : {});
const valueAt = (input: Values, [first, rest]: string[]) => (rest ? inside(input[first!])[rest] : input[first!]);

/* What is empty is not written, and nothing around it that would be empty. */
function withValue(input: Values, [first, rest]: string[], value: unknown): Values {
    const { [first!]: old, ...others } = input;
    const next = rest ? withValue(inside(old), [rest], value) : value;
    return next === undefined || next === '' || (rest && !Object.keys(next as Values).length) ? others : { ...input, [first!]: next };
}

/* What is written is kept as text until it is JSON. */
export function JsonField({ of, value, set, readOnly }: { of: Asked; value: unknown; set: (value: unknown) => void; readOnly: boolean }) {
    const [text, setText] = useState(() => shown(value)), [wrong, setWrong] = useState('');
    const take = (next: string) => {
        setText(next);
        try {
            const read: unknown = next.trim() ? JSON.parse(next) : undefined;
            if (read !== undefined && (typeof read !== 'object' || read === null || Array.isArray(read) !== !!of.array)) throw new Error(of.array ? '[]' : '{}');
            setWrong('');
            set(read);
        } catch (error) { setWrong(t('rawWrong', { why: (error as Error).message })); }
    };
    return <Field label={t(of.text)} hint={of.hint && t(of.hint)} wrong={wrong}><textarea class="code" rows={3} spellcheck={false} disabled={readOnly} placeholder={of.placeholder} value={text} onInput={(e) => take(e.currentTarget.value)} /></Field>;
}

/* A list, a line each; one that is no text stands there as JSON. */
const lineOf = (one: unknown) => (typeof one === 'string' ? one : JSON.stringify(one));
function asWritten(line: string): unknown {
    try { return line.startsWith('{') ? JSON.parse(line) as unknown : line; } catch { return line; }
}
function LinesField({ of, value, set, readOnly }: { of: Asked; value: unknown; set: (value: unknown) => void; readOnly: boolean }) {
    const text = Array.isArray(value) ? value.map(lineOf).join('\n') : shown(value), read = of.objects ? asWritten : (line: string) => line;
    return <Field label={t(of.text)} hint={of.hint && t(of.hint)}><textarea class="code" rows={of.rows ?? 2} spellcheck={false} disabled={readOnly} placeholder={of.placeholder} value={text}
        onInput={(e) => set(e.currentTarget.value ? e.currentTarget.value.split('\n').map(read) : undefined)} onChange={(e) => { if (!of.rows) set(e.currentTarget.value.split('\n').filter((line) => line.trim()).map(read)); }} /></Field>;
}

/* One window stays one, as it was written; more are a list. */
function WindowField({ of, value, set, readOnly }: FieldProps) {
    const alone = !Array.isArray(value), all = (alone ? (value ? [value] : []) : value) as Window[];
    return <fieldset><legend>{t(of.text)}</legend><p class="faint">{t('waitWindowHint')}</p><WindowRows readOnly={readOnly} of={all} set={(next) => set(!next.length ? undefined : alone && next.length === 1 ? next[0] : next)} /></fieldset>;
}

const choicesOf = (value: string, choices: string[]) => [...(value ? [] : [['', '–'] as const]), ...[...choices, ...(value && !choices.includes(value.toLowerCase()) ? [value] : [])].map((c) => [c, c.includes('$') ? c : c.toUpperCase()] as const)];

interface FieldProps { of: Asked; value: unknown; set: (value: unknown) => void; readOnly: boolean }

function PlainField({ of, value, set, readOnly }: FieldProps) {
    if (of.windows) return <WindowField of={of} value={value} set={set} readOnly={readOnly} />;
    if (of.pairs) return <Pairs label={t(of.text)} hint={of.hint && t(of.hint)} of={value} set={set} readOnly={readOnly} placeholder={of.placeholder ?? ''} />;
    if (of.lines && !(of.array && Array.isArray(value) && value.some((one) => typeof one !== 'string' || one.includes('\n')))) return <LinesField of={of} value={value} set={set} readOnly={readOnly} />;
    if (of.json || of.array || (of.long && value !== null && typeof value === 'object')) return <JsonField of={of.array || !Array.isArray(value) ? of : { ...of, array: true }} value={value} set={set} readOnly={readOnly} />;
    if (of.check) return <label class="check"><input type="checkbox" disabled={readOnly} checked={String(value) === 'true'} onChange={(e) => set(e.currentTarget.checked)} /><span>{t(of.text)}</span></label>;
    const text = shown(value), known = of.choices?.includes(text.toLowerCase()) ? text.toLowerCase() : text;
    return (
        <Field label={t(of.text)} hint={of.hint && t(of.hint)}>
            {of.choices ? <Choice value={known} disabled={readOnly} set={set} options={choicesOf(text, of.choices)} />
                : of.long ? <textarea class="code" rows={of.rows ?? 4} spellcheck={false} disabled={readOnly} placeholder={of.placeholder} value={text} onInput={(e) => set(e.currentTarget.value)} />
                    : <Text value={text} inputMode={of.number ? 'numeric' : undefined} disabled={readOnly} placeholder={of.placeholder} set={(v) => set(of.number ? numberOf(v) : v)} />}
        </Field>
    );
}

/* quiet: not asked for where there is no such endpoint. */
const ROLES = { jenkinsServer: { type: 'jenkins', text: 'jenkins', hint: 'jenkinsServerHint', none: 'choose', quiet: false },
     agent: { type: 'agent', text: 'agentField', hint: 'agentFieldHint', none: 'standard', quiet: true }, emailServer: { type: 'email', text: 'mailField', hint: 'mailFieldHint', none: 'none', quiet: true },
    source: { type: 'dockerregistry', text: 'imageFrom', hint: 'imageFromHint', none: 'none', quiet: false }, target: { type: 'dockerregistry', text: 'imageTo', hint: 'imageToHint', none: 'none', quiet: false } } as const;

function Through({ role, draft, change, readOnly, at, task }: TaskProps & { role: keyof typeof ROLES }) {
    const of = ROLES[role];
    const found = useLoaded(`endpoints of ${draft.project}`, ['endpoints'], async (s) => (await list<Endpoint>('/endpoints', { $top: 1000, $filter: `(project eq '${draft.project.replace(/'/g, "''")}')` }, s)).rows);
    const names = (found.data ?? []).filter((e) => e.type === of.type).map((e) => e.name), value = task.endpoints?.[role] ?? '';
    if (of.quiet && !names.length && !value) return null;
    const { [role]: _old, ...others } = task.endpoints ?? {};
    const set = (name: string) => change(changeTask(draft, at, { endpoints: name ? { ...others, [role]: name } : others }));
    return <Field label={t(of.text)} hint={t(of.hint)}><Choice value={value} disabled={readOnly} set={set} options={[['', t(of.none)], ...[...new Set([...names, ...(value ? [value] : [])])].map((n) => [n, n] as const)]} /></Field>;
}

/* What a definition has and no field shows: kept, and seen. */
function OtherKeys({ of, known }: { of: Values; known: string[] }) {
    const others = Object.fromEntries(Object.entries(of).filter(([name]) => !known.includes(name)));
    return Object.keys(others).length ? <section class="stack"><h3>{t('moreKeys')}</h3><Json value={others} /></section> : null;
}

export function PlainForm(props: TaskProps) {
    const { draft, change, readOnly, at, task } = props, plain = PLAIN[task.type]!, input = task.input ?? {};
    const set = (path: string[], value: unknown) => change(changeTask(draft, at, { input: withValue(input, path, value) }));
    const fields = plain.fields.map((f) => ({ ...f, path: f.name.split('.') })).filter((f) => (!f.old || valueAt(input, f.path) !== undefined) && (!f.when || f.when(input)));
    return (
        <>
            {plain.agent && <Through role="agent" {...props} />}
            {plain.jenkins && <Through role="jenkinsServer" {...props} />}
            {plain.registries && <><Through role="source" {...props} /><Through role="target" {...props} /></>}
            {fields.map((f) => <PlainField key={f.name} of={f} value={valueAt(input, f.path)} set={(v) => set(f.path, v)} readOnly={readOnly} />)}
            {plain.mail && <Through role="emailServer" {...props} />}
            <OtherKeys of={input} known={plain.fields.map((f) => f.name.split('.')[0]!)} />
        </>
    );
}
