/* The form of one task: what all types have, and the type's own part. */
import { useRef, useState } from 'preact/hooks';
import type { Finding } from '../../../api';
import { Choice, Field, Menu, Text } from '../../../parts';
import { t } from '../../../texts';
import { Told, countOf } from '../notifying';
import { NAME, type PipelineDraft, type Place, type TaskDraft, changeTask, renameTask, rollbackIndex } from './draft';
import { KubernetesForm } from './kubernetes';
import { FindingList } from '../problems';
import { CustomForm } from './custom';
import { Limits, When } from './limits';
import { PartForm } from './part';
import { PLAIN, PlainForm } from './plain';
import { RollbackForm } from './rollback';
import { pointerOf, wrongAt } from './wrong';

/* What this server runs, and Code Stream's other types. */
const TYPES = ['K8S', ...Object.keys(PLAIN), 'Custom', 'Pipeline', 'Blueprint', 'vRO', 'TFS', 'Bamboo'];

export interface TaskProps { draft: PipelineDraft; change: (next: PipelineDraft) => void; readOnly: boolean; at: Place; task: TaskDraft }
interface FormProps extends TaskProps { findings: Finding[]; select: (at: Place | null) => void; step: (way: 'up' | 'down' | 'left' | 'right') => void; remove: () => void }

function Name({ draft, change, readOnly, at, select }: FormProps) {
    const [text, setText] = useState(at.task!);
    const wanted = text.trim(), taken = Object.keys(draft.stages?.[at.stage]?.tasks ?? {});
    const wrong = wanted === at.task ? '' : !NAME.test(wanted) ? t('nameWrong') : taken.includes(wanted) ? t('nameTaken') : '';
    const rename = () => {
        if (wanted === at.task || wrong) return;
        change(renameTask(draft, at, wanted));
        select({ ...at, task: wanted });
    };
    return <Field label={t('taskName')} hint={t('nameRule')} wrong={wrong}><Text required value={text} disabled={readOnly} set={setText} onBlur={rename} onKeyDown={(e) => { if (e.key === 'Enter') rename(); }} /></Field>;
}

/* A task that this server does not run keeps its input whole, as JSON. */
function RawInput({ draft, change, readOnly, at, task }: TaskProps) {
    const [text, setText] = useState(() => JSON.stringify(task.input ?? {}, null, 2));
    const [wrong, setWrong] = useState('');
    const take = (next: string) => {
        setText(next);
        try {
            const input: unknown = JSON.parse(next);
            if (!input || typeof input !== 'object' || Array.isArray(input)) throw new Error('{}');
            setWrong('');
            change(changeTask(draft, at, { input: input as Record<string, unknown> }));
        } catch (error) { setWrong(t('rawWrong', { why: (error as Error).message })); }
    };
    return (
        <>
            <p class="notice">{t('cannotRun', { type: task.type })}</p>
            <Field label={t('rawInput')} wrong={wrong}><textarea class="code" rows={12} spellcheck={false} disabled={readOnly} value={text} onInput={(e) => take(e.currentTarget.value)} /></Field>
        </>
    );
}

function Input(props: TaskProps) {
    switch (props.task.type) {
    case '': return null;
    case 'K8S': return <KubernetesForm {...props} />;
    case 'Pipeline': return <PartForm {...props} />;
    case 'Custom': return <CustomForm {...props} />;
    default: return PLAIN[props.task.type] ? <PlainForm {...props} /> : <RawInput {...props} />;
    }
}

const PRESET: Pick<TaskDraft, 'input' | 'endpoints'> = { endpoints: {}, input: { action: 'APPLY', timeout: 5 } };
const SCRIPTS = ['SSH', 'PowerShell'];

/* Another type has other inputs, but for the two that run scripts; those of the old one come back with it, as long as the form is open. */
function useTypes({ draft, change, at, task }: TaskProps): (type: string) => void {
    const left = useRef<Record<string, Pick<TaskDraft, 'input' | 'endpoints'>>>({});
    const of = (type: string): Pick<TaskDraft, 'input' | 'endpoints'> => {
        if (!task.type) return {};
        if (SCRIPTS.includes(type) && SCRIPTS.includes(task.type)) return { input: Object.fromEntries(Object.entries(task.input ?? {}).filter(([key]) => PLAIN[type]!.fields.some((f) => f.name === key))) };
        return left.current[type] ?? (type === 'K8S' ? PRESET : { input: {}, endpoints: {} });
    };
    return (type) => {
        left.current[task.type] = { input: task.input ?? {}, endpoints: task.endpoints ?? {} };
        change(changeTask(draft, at, { type, ...of(type) }));
    };
}

const HERE = ['timeout', 'retries', 'onCrash', 'preCondition']; /* told at their fields */

export function TaskForm(props: FormProps) {
    const { draft, change, readOnly, at, task, findings, select, step, remove } = props;
    const [tab, setTab] = useState<'taskTab' | 'notificationsTab' | 'rollbackTab'>('taskTab');
    const setType = useTypes(props);
    const place = pointerOf(at), wrong = (key: string) => wrongAt(findings, `${place}/${key}`);
    const others = findings.filter((f) => f.pointer === place || (f.pointer.startsWith(`${place}/`) && !HERE.some((key) => f.pointer.startsWith(`${place}/${key}`))));
    const marks = { taskTab: '', notificationsTab: countOf(draft, at), rollbackTab: rollbackIndex(draft, at) < 0 ? '' : ' ↩' };
    return (
        <>
            <div class="panel-head"><h2>{t('taskWord')}: {at.task}</h2><span class="actions end">
                {!readOnly && <Menu label={`${t('moreActions')}: ${at.task!}`} items={[{ text: t('moveUp'), act: () => step('up') }, { text: t('moveDown'), act: () => step('down') },
                    { text: t('moveLeft'), act: () => step('left') }, { text: t('moveRight'), act: () => step('right') }, { text: t('remove'), bad: true, act: remove }]} />}
                <button type="button" class="plain" onClick={() => select(null)}>{t('close')}</button></span></div>
            <div class="tabs" role="tablist" aria-label={at.task}>{(['taskTab', 'notificationsTab', 'rollbackTab'] as const).map((name) =>
                <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => setTab(name)}>{t(name)}{marks[name]}</button>)}</div>
            {tab === 'notificationsTab' && <Told draft={draft} change={change} readOnly={readOnly} findings={findings} at={at} />}
            {tab === 'rollbackTab' && <RollbackForm draft={draft} change={change} readOnly={readOnly} at={at} wrong={(pointer) => wrongAt(findings, pointer)} />}
            {tab === 'taskTab' && <div class="stack">
                <FindingList of={others} />
                <Name {...props} />
                <Field label={t('type')}><Choice value={task.type} disabled={readOnly} set={setType} options={[...(TYPES.includes(task.type) ? [] : [[task.type, task.type || t('chooseType')] as const]), ...TYPES.map((n) => [n, n === 'K8S' ? t('kubernetes') : n] as const)]} /></Field>
                <label class="check"><input type="checkbox" disabled={readOnly} checked={String(task.ignoreFailure) === 'true'} onChange={(e) => change(changeTask(draft, at, { ignoreFailure: e.currentTarget.checked }))} /><span>{t('ignoreFailure')}</span></label>
                <When {...props} wrong={wrong} />
                <Limits {...props} wrong={wrong} />
                <Input key={task.type} {...props} />
            </div>}
        </>
    );
}
