/* The form of one task: what all types have, and the type's own part. */
import { useState } from 'preact/hooks';
import { Choice, Field, Json, Menu, Text } from '../../../parts';
import { t } from '../../../texts';
import { NAME, type PipelineDraft, type Place, type TaskDraft, changeTask, renameTask } from './draft';
import { KubernetesForm } from './kubernetes';
import { PLAIN, PlainForm } from './plain';

/* What this server runs, and Code Stream's other types. */
const TYPES = ['K8S', ...Object.keys(PLAIN), 'Blueprint', 'vRO', 'TFS', 'Bamboo'];

export interface TaskProps { draft: PipelineDraft; change: (next: PipelineDraft) => void; readOnly: boolean; at: Place; task: TaskDraft }
interface FormProps extends TaskProps { select: (at: Place | null) => void; step: (way: 'up' | 'down' | 'left' | 'right') => void; remove: () => void }

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

function Condition({ draft, change, readOnly, at, task }: TaskProps) {
    const [on, setOn] = useState(!!task.preCondition);
    const set = (preCondition: string) => change(changeTask(draft, at, { preCondition }));
    return (
        <>
            <fieldset class="radios" disabled={readOnly}><legend>{t('executeTask')}</legend><span class="actions">
                <label class="check"><input type="radio" checked={!on} onChange={() => { setOn(false); set(''); }} /><span>{t('always')}</span></label>
                <label class="check"><input type="radio" checked={on} onChange={() => setOn(true)} /><span>{t('onCondition')}</span></label></span></fieldset>
            {on && <Field label={t('precondition')} hint={t('preconditionHint')}><textarea class="code" rows={2} spellcheck={false} disabled={readOnly} value={String(task.preCondition ?? '')} onInput={(e) => set(e.currentTarget.value)} /></Field>}
        </>
    );
}

function Kept({ of }: { of: unknown[] }) {
    return of.length ? <><p class="notice">{t('notYetKept')}</p><Json value={of} /></> : <p class="faint">{t('notYetNone')}</p>;
}

const ofTask = <T extends { stage?: string; task?: string }>(all: T[] | undefined, at: Place): T[] => (all ?? []).filter((one) => one.stage === at.stage && one.task === at.task);

export function TaskForm(props: FormProps) {
    const { draft, change, readOnly, at, task, select, step, remove } = props;
    const [tab, setTab] = useState<'taskTab' | 'notificationsTab' | 'rollbackTab'>('taskTab');
    const setType = (type: string) => change(changeTask(draft, at, { type, ...(type === 'K8S' && !task.input?.action ? { input: { ...task.input, action: 'APPLY', timeout: 5 } } : {}) }));
    const notifications = Object.values(draft.notifications ?? {}).flatMap((all) => ofTask(all, at));
    return (
        <>
            <div class="panel-head"><h2>{t('taskWord')}: {at.task}</h2><span class="actions end">
                {!readOnly && <Menu label={`${t('moreActions')}: ${at.task!}`} items={[{ text: t('moveUp'), act: () => step('up') }, { text: t('moveDown'), act: () => step('down') },
                    { text: t('moveLeft'), act: () => step('left') }, { text: t('moveRight'), act: () => step('right') }, { text: t('remove'), bad: true, act: remove }]} />}
                <button type="button" class="plain" onClick={() => select(null)}>{t('close')}</button></span></div>
            <div class="tabs" role="tablist" aria-label={at.task}>{(['taskTab', 'notificationsTab', 'rollbackTab'] as const).map((name) =>
                <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => setTab(name)}>{t(name)}</button>)}</div>
            {tab === 'notificationsTab' && <Kept of={notifications} />}
            {tab === 'rollbackTab' && <Kept of={ofTask(draft.rollbacks, at)} />}
            {tab === 'taskTab' && <div class="stack">
                <Name {...props} />
                <Field label={t('type')}><Choice value={task.type} disabled={readOnly} set={setType} options={[...(TYPES.includes(task.type) ? [] : [[task.type, task.type || t('chooseType')] as const]), ...TYPES.map((n) => [n, n === 'K8S' ? t('kubernetes') : n] as const)]} /></Field>
                <label class="check"><input type="checkbox" disabled={readOnly} checked={task.ignoreFailure === true} onChange={(e) => change(changeTask(draft, at, { ignoreFailure: e.currentTarget.checked }))} /><span>{t('ignoreFailure')}</span></label>
                <Condition {...props} />
                {task.type === 'K8S' ? <KubernetesForm {...props} /> : PLAIN[task.type] ? <PlainForm key={task.type} {...props} /> : task.type && <RawInput key={task.type} {...props} />}
            </div>}
        </>
    );
}
