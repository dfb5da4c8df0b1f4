/* What can be done with a run. */
import { useState } from 'preact/hooks';
import { P, call, may } from '../../api';
import { type Execution, isLive } from '../../model';
import { Confirm, Menu, Trouble, useAction } from '../../parts';
import { go } from '../../router';
import { t } from '../../texts';

export function Actions({ run }: { run: Execution }) {
    const { busy, problem, run: act } = useAction();
    const [asking, ask] = useState<'cancel' | 'delete' | 'start' | null>(null);
    const held = isLive(run.status) && Object.values(run.stages).some((stage) => Object.values(stage.tasks).some((task) => isLive(task.status) && task._detail?.kind === 'window'));
    const live = isLive(run.status), runs = ['RUNNING', 'WAITING'].includes(run.status), executes = may('execute', run.project), develops = may('develop', run.project);
    const post = (action: string) => call('POST', `${P}/executions/${run.id}?action=${action}`, {});
    const again = async (from: 'start' | 'stop') => {
        const made = await call<{ executionId: string }>('POST', `${P}/executions/${run.id}?action=rerun`, { from });
        go(`/executions/${made.executionId}`);
    };
    const over = !live && !!run._pipelineLink, stopped = over && ['FAILED', 'CANCELED'].includes(run.status);
    return (
        <>
            {executes && runs && <button type="button" disabled={busy} onClick={() => act(() => post('pause'))}>{t('pause')}</button>}
            {executes && run.status === 'PAUSED' && <button type="button" class="primary" disabled={busy} onClick={() => act(() => post('resume'))}>{t('resume')}</button>}
            {(run.status === 'QUEUED' ? run._windowTime : held) && may('manage', run.project) && <button type="button" class="primary" disabled={busy} onClick={() => ask('start')}>{t('startNow')}</button>}
            {executes && live && <button type="button" onClick={() => ask('cancel')}>{t('cancelRun')}</button>}
            {executes && stopped && <button type="button" class="primary" disabled={busy} title={t('goOnHint')} onClick={() => act(() => again('stop'))}>{t('goOn')}</button>}
            {executes && over && <button type="button" class={stopped ? undefined : 'primary'} disabled={busy} onClick={() => act(() => again('start'))}>{t('runAgain')}</button>}
            <Menu label={t('moreActions')} items={[run._pipelineLink && { text: t('pipeline'), act: () => go(`/pipelines/${run._pipelineLink.split('/').pop()!}`) },
                develops && !live && { text: t('remove'), bad: true, act: () => ask('delete') }]} />
            <Trouble problem={problem} />
            {asking === 'cancel' && <Confirm title={`${t('cancelRun')}?`} hint={t('cancelRunHint')} word={t('cancelRun')} close={() => ask(null)} act={() => post('cancel')} />}
            {asking === 'start' && <Confirm title={`${t('startNow')}?`} hint={t('startNowHint')} word={t('startNow')} close={() => ask(null)} act={() => post('start')} />}
            {asking === 'delete' && <Confirm title={t('deleteAsk', { name: `${run.name} #${run.index}` })} hint={t('deleteRunHint')} word={t('remove')} close={() => ask(null)}
                act={async () => { await call('DELETE', `${P}/executions/${run.id}`); go('/executions'); }} />}
        </>
    );
}
