/* A question that a run asks people: yes or no, with a word to it. */
import './approvals.css';
import { useState } from 'preact/hooks';
import { call } from '../../api';
import { useLoaded } from '../../loading';
import type { Bound, UserOperation } from '../../model';
import { Field, Patch, Status, Text, Time, Trouble, useAction } from '../../parts';
import { t } from '../../texts';

export function Answer({ of: op, done }: { of: UserOperation; done: () => void }) {
    const [word, setWord] = useState('');
    const { busy, problem, run } = useAction();
    const answer = (status: 'APPROVED' | 'REJECTED') => run(async () => {
        await call('POST', op._link, { status, responseMessage: word.trim() });
        done();
    });
    if (!op._mayRespond) return null;
    return (
        <form class="answer" onSubmit={(e) => e.preventDefault()}>
            <Field label={t('responseWord')}><Text value={word} set={setWord} disabled={busy} /></Field>
            <div class="actions">
                <button type="button" class="primary" disabled={busy} onClick={() => answer('APPROVED')}>{t('approve')}</button>
                <button type="button" class="bad" disabled={busy} onClick={() => answer('REJECTED')}>{t('reject')}</button>
            </div>
            <Trouble problem={problem} />
        </form>
    );
}

function Covered({ of: task }: { of: Bound }) {
    return (
        <li>
            <p><strong>{task.task}</strong> <span class="chip">{task.action}</span> <small class="faint"><bdi>{task.cluster}</bdi></small></p>
            {task.problem && <p class="notice">{t('approvalProblem')} <bdi>{task.problem}</bdi></p>}
            {task.unknown.length > 0 && <p class="faint">{t('approvalUnknown')} {task.unknown.map((name) => <code key={name}>{name} </code>)}</p>}
            {task.byTag && task.byTag.length > 0 && <p class="faint">{t('approvalByTag')} {task.byTag.map((name) => <code key={name}>{name} </code>)}</p>}
            {task.changes?.map((one) => <div key={one.object} class="stack"><p><strong>{one.object}</strong>: {one.would}</p>{one.diff && <Patch text={one.diff} />}</div>)}
            {task.yaml ? <details><summary>{task.objects?.join(', ')}</summary><pre tabIndex={0}>{task.yaml}</pre></details> : <p>{task.objects?.join(', ')}</p>}
        </li>
    );
}

/* What is bound to a yes: should it be another thing by then, it is not done. */
function Covers({ of: { tasks = [], notCovered = [] } }: { of: UserOperation['_bound'] }) {
    if (!tasks.length && !notCovered.length) return null;
    return (
        <section class="covers" aria-label={t('approvalCovers')}>
            {tasks.length > 0 && <><p class="faint">{t('approvalCovers')}</p><ul>{tasks.map((task) => <Covered key={task.task} of={task} />)}</ul></>}
            {notCovered.length > 0 && <p class="faint">{t('approvalNotCovered')} {notCovered.map((one) => <span key={one.task} title={one.why}>{one.task} ({one.type}) </span>)}</p>}
        </section>
    );
}

/* Who is asked, until when, and about what. */
export function Question({ of: op }: { of: UserOperation }) {
    const who = [...op.approvers, ...op.approverGroups.map((g) => t('ofGroup', { name: g }))];
    return (
        <>
            {op.summary && <p><strong><bdi>{op.summary}</bdi></strong></p>}
            {op.description && <p class="faint"><bdi>{op.description}</bdi></p>}
            {op._bound.image && <p><code class="clip" title={op._bound.digest}>{op._bound.image}</code></p>}
            <Covers of={op._bound} />
            <p class="faint">{op.status === 'ACTIVE' ? <>{who.length ? t('mayAnswer', { who: who.join(', ') }) : t('mayAnswerAll')} {t('expiresOn')} <Time at={op._expiresOnInMicros} /></>
                : op.respondedBy ? <>{t('answeredBy', { who: op.respondedBy })}{op._respondedOnInMicros ? <> <Time at={op._respondedOnInMicros} /></> : null}{op.responseMessage && <>: <bdi>{op.responseMessage}</bdi></>}</> : <bdi>{op.responseMessage}</bdi>}</p>
        </>
    );
}

/* In a run's task. */
export function Approval({ link }: { link: string }) {
    const { data, problem, reload } = useLoaded(link, ['user-operations'], (signal) => call<UserOperation>('GET', link, undefined, signal));
    if (!data) return <Trouble problem={problem} retry={reload} />;
    return <div class="panel flat approval"><header class="panel-head"><h3>{t('question', { index: data.index })}</h3><Status is={data.status} /></header><Question of={data} /><Answer of={data} done={reload} /></div>;
}
