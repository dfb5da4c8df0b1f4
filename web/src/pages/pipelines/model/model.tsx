/* The model drawn: stages as columns, tasks as cards, side by side where they run in parallel; the form of what is selected beside it. */
import './model.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Finding } from '../../../api';
import { Confirm, Empty, Field, Menu, Text } from '../../../parts';
import { t } from '../../../texts';
import { Told, countOf } from '../notifying';
import { FindingList } from '../problems';
import { TaskCard, Undo } from './card';
import { NAME, type PipelineDraft, type Place, addStage, addTask, changeStage, moveStage, moveTask, removeStage, removeTask, renameStage, rollbackOf, rowsOf, stageNames, stepTask, taskAt } from './draft';
import { RollbackForm } from './rollback';
import { TaskForm } from './task';
import { pointerOf, wrongAt } from './wrong';

interface Props { draft: PipelineDraft; change: (next: PipelineDraft) => void; readOnly: boolean; findings: Finding[] }

interface Tools extends Props {
    selected: Place | null; select: (at: Place | null) => void;
    dragged: Place | null; drag: (at: Place | null) => void;
    put: (made: [PipelineDraft, Place]) => void;
    step: (stage: string, task: string, way: 'up' | 'down' | 'left' | 'right') => void;
    forget: (stage: string) => void;
}

const NEW_TASK = { type: 'K8S', endpoints: {}, input: { action: 'APPLY', timeout: 5, yaml: '' } };

/* Where a dragged task may fall: behind a row, or into it. */
function Drop({ tools, stage, where }: { tools: Tools; stage: string; where: { after: number } | { beside: number } }) {
    const [over, setOver] = useState(false);
    if (!tools.dragged) return null;
    return <i class={`drop-here ${'beside' in where ? 'beside' : 'after'}${over ? ' over' : ''}`} aria-hidden="true" onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
        onDrop={(e) => { e.preventDefault(); setOver(false); if (tools.dragged) tools.put(moveTask(tools.draft, tools.dragged, stage, where)); tools.drag(null); }} />;
}

function Row({ tools, stage, names, row }: { tools: Tools; stage: string; names: string[]; row: number }) {
    const { draft, selected, readOnly } = tools;
    return (
        <div class="model-row">
            {names.map((name) => (
                <TaskCard key={name} stage={stage} name={name} task={draft.stages![stage]!.tasks![name]!} undo={rollbackOf(draft, { stage, task: name })?.name ?? ''} selected={selected?.stage === stage && selected.task === name} readOnly={readOnly}
                    select={(s, task) => tools.select({ stage: s, task })} step={tools.step} drag={(s, task) => tools.drag({ stage: s, task })} />
            ))}
            <Drop tools={tools} stage={stage} where={{ beside: row }} />
            {!readOnly && selected?.stage === stage && names.includes(selected.task ?? '') &&
                <button type="button" class="model-add" onClick={() => tools.put(addTask(draft, stage, t('taskWord'), { beside: row }, { ...NEW_TASK }))}>+ {t('addParallel')}</button>}
        </div>
    );
}

function Stage({ tools, name }: { tools: Tools; name: string }) {
    const { draft, readOnly, selected } = tools;
    const rows = rowsOf(draft.stages?.[name]), undo = rollbackOf(draft, { stage: name })?.name;
    const here = selected?.stage === name && selected.task === undefined;
    return (
        <section class="model-stage" aria-label={`${t('stageWord')} ${name}`}>
            <header>
                <button type="button" class="plain stage-name" aria-pressed={here} onClick={() => tools.select({ stage: name })}>{name}</button>
                {!readOnly && <Menu label={`${t('moreActions')}: ${name}`} items={[
                    { text: t('moveStageLeft'), act: () => tools.change(moveStage(draft, name, -1)) }, { text: t('moveStageRight'), act: () => tools.change(moveStage(draft, name, 1)) },
                    { text: t('remove'), bad: true, act: () => tools.forget(name) }]} />}
            </header>
            {undo !== undefined && <Undo name={undo} />}
            <Drop tools={tools} stage={name} where={{ after: -1 }} />
            {rows.map((names, row) => <div key={names.join()}><Row tools={tools} stage={name} names={names} row={row} /><Drop tools={tools} stage={name} where={{ after: row }} /></div>)}
            {!rows.length && <p class="faint">{t('noTasks')}</p>}
            {!readOnly && <button type="button" class="model-add" onClick={() => tools.put(addTask(draft, name, t('taskWord'), { after: rows.length - 1 }, { ...NEW_TASK }))}>+ {t('addTask')}</button>}
        </section>
    );
}

function StageFields({ draft, change, readOnly, name, select, findings }: Props & { name: string; select: (at: Place) => void }) {
    const [text, setText] = useState(name);
    const stage = draft.stages?.[name], place = pointerOf({ stage: name });
    const wrong = text === name ? '' : !NAME.test(text.trim()) ? t('nameWrong') : stageNames(draft).includes(text.trim()) ? t('nameTaken') : '';
    const rename = () => {
        const to = text.trim();
        if (to === name || wrong) return;
        change(renameStage(draft, name, to));
        select({ stage: to });
    };
    return (
        <div class="stack">
            <FindingList of={findings.filter((f) => f.pointer.startsWith(place) && !f.pointer.startsWith(`${place}/tasks/`))} />
            <Field label={t('stageName')} hint={t('nameRule')} wrong={wrong}><Text value={text} disabled={readOnly} set={setText} onBlur={rename} onKeyDown={(e) => { if (e.key === 'Enter') rename(); }} /></Field>
            <Field label={t('description')}><Text value={String(stage?.description ?? '')} disabled={readOnly} set={(description) => change(changeStage(draft, name, { description }))} /></Field>
        </div>
    );
}

function StageForm(props: Props & { name: string; select: (at: Place | null) => void }) {
    const { draft, change, readOnly, name, select, findings } = props, at = { stage: name };
    const [tab, setTab] = useState<'stageWord' | 'notificationsTab' | 'rollbackTab'>('stageWord');
    return (
        <>
            <div class="panel-head"><h2>{t('stageWord')}: {name}</h2><button type="button" class="plain end" onClick={() => select(null)}>{t('close')}</button></div>
            <div class="tabs" role="tablist" aria-label={name}>{(['stageWord', 'notificationsTab', 'rollbackTab'] as const).map((one) =>
                <button key={one} type="button" role="tab" aria-selected={tab === one} onClick={() => setTab(one)}>{t(one)}{one === 'notificationsTab' ? countOf(draft, at) : one === 'rollbackTab' && rollbackOf(draft, at) ? ' ↩' : ''}</button>)}</div>
            {tab === 'stageWord' && <StageFields {...props} />}
            {tab === 'notificationsTab' && <Told draft={draft} change={change} readOnly={readOnly} findings={findings} at={at} />}
            {tab === 'rollbackTab' && <RollbackForm draft={draft} change={change} readOnly={readOnly} at={at} wrong={(pointer) => wrongAt(findings, pointer)} />}
        </>
    );
}

/* What was deleted last can be had back, until something else is changed. */
interface Deleted { name: string; before: PipelineDraft; after: PipelineDraft }

export function Model(props: Props) {
    const { draft, change, readOnly } = props;
    const [selected, select] = useState<Place | null>(null), [dragged, drag] = useState<Place | null>(null);
    const [said, say] = useState(''), [deleted, setDeleted] = useState<Deleted | null>(null), [asked, ask] = useState('');
    const latest = useRef(draft);
    latest.current = draft;
    const put = ([next, at]: [PipelineDraft, Place]) => { change(next); select(at); };
    const remove = (name: string, after: PipelineDraft) => { setDeleted({ name, before: draft, after }); change(after); select(null); };
    const step: Tools['step'] = (stage, task, way) => {
        const [next, at] = stepTask(latest.current, { stage, task }, way);
        change(next);
        select(at);
        say(t('moved', { name: task, stage: at.stage, row: rowsOf(next.stages?.[at.stage]).findIndex((r) => r.includes(at.task ?? '')) + 1 }));
        requestAnimationFrame(() => document.getElementById(`task ${at.stage}/${at.task ?? ''}`)?.focus());
    };
    useEffect(() => {
        const end = () => drag(null);
        addEventListener('dragend', end);
        return () => removeEventListener('dragend', end);
    }, []);
    const tools: Tools = { ...props, selected, select, dragged, drag, put, step, forget: (name) => (rowsOf(draft.stages?.[name]).length ? ask(name) : remove(name, removeStage(draft, name))) };
    const names = stageNames(draft), task = selected && taskAt(draft, selected);
    const add = !readOnly && <button type="button" class={names.length ? 'model-add stage' : 'primary'} onClick={() => put(addStage(draft, t('stageWord')))}>+ {t('addStage')}</button>;
    return (
        <div class={selected ? 'model with-form' : 'model'}>
            <p class="hidden" aria-live="polite">{said}</p>
            {deleted && deleted.after === draft && <p class="notice info actions" role="status">{t('deletedUndo', { name: deleted.name })}
                <button type="button" onClick={() => { change(deleted.before); setDeleted(null); }}>{t('undo')}</button></p>}
            {!names.length ? <Empty title={t('noStages')} hint={t('noStagesHint')}>{add}</Empty> :
                <div class="model-map" role="group" aria-label={t('model')} tabIndex={0}>{names.map((name) => <Stage key={name} tools={tools} name={name} />)}{add}</div>}
            {selected && <aside class="panel model-form" aria-label={selected.task ?? selected.stage}>
                {task ? <TaskForm key={`${selected.stage}/${selected.task!}`} {...props} at={selected} task={task} select={select} step={(way) => step(selected.stage, selected.task!, way)}
                    remove={() => remove(selected.task!, removeTask(draft, selected))} />
                    : draft.stages?.[selected.stage] && <StageForm key={selected.stage} {...props} name={selected.stage} select={select} />}
            </aside>}
            {asked && <Confirm title={t('deleteAsk', { name: asked })} hint={rowsOf(draft.stages?.[asked]).flat().join(', ')} word={t('remove')} close={() => ask('')} act={async () => remove(asked, removeStage(draft, asked))} />}
        </div>
    );
}
