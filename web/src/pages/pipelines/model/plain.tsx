/* Task types whose form is a list of fields: all but K8S. */
import { useState } from 'preact/hooks';
import { list } from '../../../api';
import { useLoaded } from '../../../loading';
import type { Endpoint } from '../../../model';
import { Choice, Field, Text } from '../../../parts';
import { t, type TextKey } from '../../../texts';
import { changeTask } from './draft';
import type { TaskProps } from './task';

export interface Asked { name: string; text: TextKey; hint?: TextKey; choices?: string[]; long?: boolean; json?: boolean; check?: boolean; lines?: boolean; array?: boolean; rows?: number; placeholder?: string }
interface Plain { agent?: boolean; mail?: boolean; registries?: boolean; jenkins?: boolean; fields: Asked[] }

const CALL: Asked[] = [{ name: 'headers', text: 'restHeaders', json: true, placeholder: '{"Authorization": "Bearer ${var.TOKEN}"}' }];
const script = (text: string): Asked[] => [{ name: 'script', text: 'sshScript', hint: 'sshScriptHint', long: true, placeholder: text }, { name: 'host', text: 'sshHost', placeholder: 'build.example.com:22' },
    { name: 'username', text: 'sshUser' }, { name: 'password', text: 'sshPassword', hint: 'sshSecretHint', placeholder: '${var.SSH_PASSWORD}' }];
const SCRIPT_KEY: Asked[] = [{ name: 'privatekey', text: 'sshKey', hint: 'sshKeyHint', long: true, placeholder: '${var.SSH_KEY}' }, { name: 'passphrase', text: 'sshPassphrase', placeholder: '${var.SSH_PASSPHRASE}' },
    { name: 'fingerprint', text: 'sshFingerprint', hint: 'sshFingerprintHint', placeholder: 'SHA256:' }, { name: 'workingDirectory', text: 'sshFolder', hint: 'sshFolderHint' },
    { name: 'arguments', text: 'sshArguments', hint: 'sshArgumentsHint', json: true, array: true, placeholder: '["${input.DOCKER_TAG}"]' },
    { name: 'environmentVariables', text: 'sshEnvironment', json: true, placeholder: '{"TAG": "${input.DOCKER_TAG}"}' }];
export const PLAIN: Record<string, Plain> = {
    CI: { fields: [{ name: 'steps', text: 'ciSteps', hint: 'ciStepsHint', lines: true, rows: 8, placeholder: 'make test' }, { name: 'export', text: 'ciExport', hint: 'ciExportHint', lines: true, placeholder: 'VERSION' },
        { name: 'artifacts', text: 'ciArtifacts', hint: 'ciArtifactsHint', lines: true, placeholder: 'dist' }, { name: 'process', text: 'ciProcess', hint: 'ciProcessHint', lines: true, placeholder: 'target/surefire-reports' }] },
    Custom: { fields: [{ name: 'name', text: 'customName', hint: 'customNameHint' }, { name: 'version', text: 'customVersion', hint: 'customVersionHint' },
        { name: 'properties', text: 'customProperties', json: true, placeholder: '{"who": "${input.DOCKER_IMAGE}"}' }] },
    Condition: { fields: [{ name: 'condition', text: 'conditionField', hint: 'conditionFieldHint', long: true, placeholder: '${input.DOCKER_TAG} != "latest"' }] },
    REST: { agent: true, fields: [{ name: 'action', text: 'action', choices: ['get', 'post', 'put', 'patch', 'delete'] }, { name: 'url', text: 'restUrl', placeholder: 'https://' }, ...CALL,
        { name: 'payload', text: 'restPayload', long: true, hint: 'restPayloadHint' }, { name: 'timeout', text: 'restTimeout', placeholder: '60' }] },
    POLL: { agent: true, fields: [{ name: 'url', text: 'restUrl', placeholder: 'https://' }, ...CALL, { name: 'exitCriteria', text: 'exitCriteria', hint: 'exitCriteriaHint', json: true, placeholder: '{"success": "status == \'FINISHED\'", "failure": "status == \'FAILED\'"}' },
        { name: 'pollCount', text: 'pollCount', placeholder: '10' }, { name: 'pollIntervalSeconds', text: 'pollInterval', placeholder: '60' }, { name: 'ignoreFailure', text: 'pollIgnore', check: true }] },
    Pipeline: { fields: [{ name: 'pipeline', text: 'partName', hint: 'partNameHint' }, { name: 'inputProperties', text: 'partInputs', json: true, placeholder: '{"tag": "${input.DOCKER_TAG}"}' }] },
    UserOperation: { mail: true, fields: [{ name: 'summary', text: 'approvalSummary', placeholder: 'Release ${input.DOCKER_TAG}?' }, { name: 'description', text: 'description', long: true }, { name: 'approvers', text: 'approvers', hint: 'approversHint', lines: true },
        { name: 'approverGroups', text: 'approverGroups', lines: true }, { name: 'expiration', text: 'expiration', placeholder: '3' }, { name: 'expirationUnit', text: 'expirationUnit', choices: ['minutes', 'hours', 'days'] },
        { name: 'cancelPreviousPendingUserOp', text: 'replacesOlder', check: true }, { name: 'sendemail', text: 'sendEmail', check: true }] },
    Wait: { fields: [{ name: 'duration', text: 'waitDuration', hint: 'waitDurationHint', placeholder: '15m' }, { name: 'until', text: 'waitUntil', hint: 'waitUntilHint', placeholder: '2027-01-01T06:00:00Z' }] },
    Image: { registries: true, fields: [{ name: 'action', text: 'action', choices: ['copy', 'retag'] }, { name: 'source', text: 'imageSource', hint: 'imageSourceHint', placeholder: 'app/build:${input.DOCKER_TAG}' },
        { name: 'target', text: 'imageTarget', hint: 'imageTargetHint', placeholder: 'app/release' }, { name: 'tags', text: 'imageTags', hint: 'imageTagsHint', lines: true, placeholder: '${input.DOCKER_TAG}' },
        { name: 'platform', text: 'imagePlatform', hint: 'imagePlatformHint', placeholder: 'linux/amd64' }, { name: 'onExisting', text: 'imageExisting', hint: 'imageExistingHint', choices: ['overwrite', 'refuse', 'keep'] }] },
    Jenkins: { jenkins: true, fields: [{ name: 'job', text: 'jenkinsJob', placeholder: 'deploy-shop' }, { name: 'jobFolder', text: 'jenkinsFolder', hint: 'jenkinsFolderHint', placeholder: 'team/releases' },
        { name: 'parameters', text: 'jenkinsParameters', hint: 'jenkinsParametersHint', json: true, placeholder: '{"TAG": "${input.DOCKER_TAG}"}' }, { name: 'onUnstable', text: 'jenkinsUnstable', hint: 'jenkinsUnstableHint', choices: ['fail', 'warn'] }] },
    SSH: { agent: true, fields: [...script('echo "$1"'), ...SCRIPT_KEY, { name: 'continueOnCommandFailure', text: 'sshGoOn', check: true }] },
    PowerShell: { agent: true, fields: [...script('Write-Output $args[0]'), ...SCRIPT_KEY] },
};

const shown = (value: unknown) => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2));

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
function read(line: string): unknown {
    try { return line.startsWith('{') ? JSON.parse(line) as unknown : line; } catch { return line; }
}
function LinesField({ of, value, set, readOnly }: { of: Asked; value: unknown; set: (value: unknown) => void; readOnly: boolean }) {
    const text = Array.isArray(value) ? value.map(lineOf).join('\n') : shown(value);
    return <Field label={t(of.text)} hint={of.hint && t(of.hint)}><textarea class="code" rows={of.rows ?? 2} spellcheck={false} disabled={readOnly} placeholder={of.placeholder} value={text}
        onInput={(e) => set(e.currentTarget.value ? e.currentTarget.value.split('\n').map(read) : undefined)} onChange={(e) => { if (!of.rows) set(e.currentTarget.value.split('\n').filter((line) => line.trim()).map(read)); }} /></Field>;
}

function PlainField({ of, value, set, readOnly }: { of: Asked; value: unknown; set: (value: unknown) => void; readOnly: boolean }) {
    if (of.lines) return <LinesField of={of} value={value} set={set} readOnly={readOnly} />;
    if (of.json) return <JsonField of={of} value={value} set={set} readOnly={readOnly} />;
    if (of.check) return <label class="check"><input type="checkbox" disabled={readOnly} checked={String(value) === 'true'} onChange={(e) => set(e.currentTarget.checked)} /><span>{t(of.text)}</span></label>;
    return (
        <Field label={t(of.text)} hint={of.hint && t(of.hint)}>
            {of.choices ? <Choice value={shown(value).toLowerCase()} disabled={readOnly} set={set} options={[...(value ? [] : [['', '–'] as const]), ...of.choices.map((c) => [c, c.toUpperCase()] as const)]} />
                : of.long ? <textarea class="code" rows={4} spellcheck={false} disabled={readOnly} placeholder={of.placeholder} value={shown(value)} onInput={(e) => set(e.currentTarget.value)} />
                    : <Text value={shown(value)} disabled={readOnly} placeholder={of.placeholder} set={set} />}
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

export function PlainForm(props: TaskProps) {
    const { draft, change, readOnly, at, task } = props, plain = PLAIN[task.type]!;
    const set = (name: string, value: unknown) => {
        const { [name]: _old, ...others } = task.input ?? {};
        change(changeTask(draft, at, { input: value === undefined || value === '' ? others : { ...others, [name]: value } }));
    };
    return <>{plain.agent && <Through role="agent" {...props} />}{plain.jenkins && <Through role="jenkinsServer" {...props} />}{plain.registries && <><Through role="source" {...props} /><Through role="target" {...props} /></>}{plain.fields.map((f) => <PlainField key={f.name} of={f} value={task.input?.[f.name]} set={(v) => set(f.name, v)} readOnly={readOnly} />)}{plain.mail && <Through role="emailServer" {...props} />}</>;
}
