/* What undoes a task or a stage: a pipeline that runs when it has failed for good. */
import { t } from '../../../texts';
import { textOf } from '../parameters';
import { type PipelineDraft, type Place, type Rollback, rollbackIndex, rollbackOf, withRollback } from './draft';
import { Part } from './part';

interface Props { draft: PipelineDraft; change: (next: PipelineDraft) => void; readOnly: boolean; at: Place; wrong: (pointer: string) => string }

export function RollbackForm({ draft, change, readOnly, at, wrong }: Props) {
    const old = rollbackOf(draft, at), place = `/rollbacks/${rollbackIndex(draft, at)}`;
    const set = (some: { name?: string; inputs?: Record<string, unknown> | undefined }) => {
        const { name, ...inputs } = some;
        change(withRollback(draft, at, name === '' ? null : { ...inputs, ...(name === undefined ? {} : { name }) } as Partial<Rollback>));
    };
    return (
        <div class="stack">
            <p class="faint">{t(at.task === undefined ? 'rollbackOfStage' : 'rollbackOfTask')}</p>
            <Part project={draft.project} own={draft.name} name={textOf(old?.name)} inputs={old?.inputs} set={set} readOnly={readOnly} label={t('rollbackPipeline')} none={t('rollbackNone')}
                wrong={old && (wrong(`${place}/name`) || wrong(place))} wrongInputs={old && wrong(`${place}/inputs`)} />
        </div>
    );
}
