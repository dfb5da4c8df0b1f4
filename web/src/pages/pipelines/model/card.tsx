/* A task in the drawing. A class, so that a key typed into one task's form draws no other card again. */
import { Component } from 'preact';
import { t } from '../../../texts';
import { type TaskDraft, missingOf } from './draft';

interface Props {
    stage: string; name: string; task: TaskDraft; undo: string /* the pipeline that undoes it */; selected: boolean; readOnly: boolean;
    select: (stage: string, task: string) => void;
    step: (stage: string, task: string, way: 'up' | 'down' | 'left' | 'right') => void;
    drag: (stage: string, task: string) => void;
}

const WAYS: Record<string, 'up' | 'down' | 'left' | 'right'> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' };

/* What happens when it fails for good. */
export function Undo({ name }: { name: string }) {
    return <span class="model-undo"><span aria-hidden="true">↩</span> <span class="hidden">{t('rollbackTab')}: </span>{name || t('notConfigured')}</span>;
}

export class TaskCard extends Component<Props> {
    shouldComponentUpdate(next: Props) {
        return next.task !== this.props.task || next.undo !== this.props.undo || next.selected !== this.props.selected || next.name !== this.props.name || next.stage !== this.props.stage || next.readOnly !== this.props.readOnly;
    }

    render({ stage, name, task, undo, selected, readOnly, select, step, drag }: Props) {
        const missing = missingOf(task).length > 0;
        const key = (e: KeyboardEvent) => {
            const way = WAYS[e.key];
            if (!way || !e.altKey || readOnly) return;
            e.preventDefault();
            step(stage, name, way);
        };
        return (
            <button type="button" class={`model-task${missing ? ' missing' : ''}`} id={`task ${stage}/${name}`} aria-pressed={selected} draggable={!readOnly} onClick={() => select(stage, name)} onKeyDown={key}
                onDragStart={(e) => { e.dataTransfer?.setData('text/plain', name); drag(stage, name); }} aria-keyshortcuts={readOnly ? undefined : 'Alt+ArrowUp Alt+ArrowDown Alt+ArrowLeft Alt+ArrowRight'}>
                <strong>{name}</strong>
                <small>{missing ? t('notConfigured') : [task.type === 'K8S' ? t('kubernetes') : task.type, actionOf(task)].filter(Boolean).join(' · ')}</small>
                {undo && <Undo name={undo} />}
            </button>
        );
    }
}

const actionOf = (task: TaskDraft) => (task.type === 'K8S' ? String(task.input?.action ?? '').toLowerCase() : '');
