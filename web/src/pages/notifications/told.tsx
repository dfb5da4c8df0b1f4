/* One notification as a line: what was told to whom, what became of it, and what can be done about it. */
import './notifications.css';
import { P, call, list, may } from '../../api';
import { useLoaded } from '../../loading';
import { type Execution, pageOf } from '../../model';
import { Time, Trouble, useAction } from '../../parts';
import { statusText, t, type TextKey } from '../../texts';

export interface Notification {
    id: string; _link: string; project: string; name: string; executionLink?: string; executionIndex: number; kind: string; type: string; event: string; stage: string; task: string; endpoint: string; target: string;
    subject: string; message: string; reference: string; status: string; attempts: number; responseCode: number | null; _createTimeInMicros: number; _nextTryInMicros?: number;
}

export const STATES: Record<string, { tone: string; text: TextKey }> = { PENDING: { tone: 'busy', text: 'tellPending' }, SENDING: { tone: 'busy', text: 'tellSending' }, SENT: { tone: 'good', text: 'tellSent' },
    FAILED: { tone: 'bad', text: 'tellFailed' }, CANCELED: { tone: 'quiet', text: 'tellCanceled' } };
export const KINDS: Record<string, TextKey> = { email: 'byMail', approval: 'byMailAsked', webhook: 'byWebhook', jira: 'jira' };
export const EVENTS: Record<string, string> = { STARTED: 'STARTED', SUCCESS: 'COMPLETED', FAILURE: 'FAILED', WAITING: 'WAITING', CANCELED: 'CANCELED' }; /* as statuses are called */

const TYPES: Record<string, string> = { slack: 'Slack', teams: 'Teams' };

function Acts({ of }: { of: Notification }) {
    const { busy, problem, run } = useAction();
    if (!may('execute', of.project) || of.status === 'SENDING') return null;
    const act = (what: string) => run(() => call('POST', `${P}/notifications/${of.id}?action=${what}`, {}));
    return (
        <span class="acts"><Trouble problem={problem} />
            {of.status === 'PENDING' && <button type="button" disabled={busy} onClick={() => act('cancel')}>{t('tellStop')}</button>}
            <button type="button" disabled={busy} onClick={() => act('resend')}>{t(of.status === 'PENDING' ? 'tellNow' : 'tellAgain')}</button></span>
    );
}

export function Told({ of, run }: { of: Notification; run: boolean /* its run is named too */ }) {
    const state = STATES[of.status] ?? { tone: 'quiet', text: 'tellPending' as const }, kind = TYPES[of.type] ?? (KINDS[of.kind] ? t(KINDS[of.kind]!) : of.kind);
    const place = [of.stage, of.task].filter(Boolean).join(' › ');
    return (
        <div class="line told-line">
            <span class={`status ${state.tone}`}><i aria-hidden="true" />{t(state.text)}</span>
            <span class="what"><strong><bdi>{of.subject || statusText(EVENTS[of.event] ?? of.event)}</bdi></strong>
                <small>{statusText(EVENTS[of.event] ?? of.event)}{place && <> · <bdi>{place}</bdi></>}{run && <> · {of.executionLink ? <a href={pageOf(of.executionLink)}>{of.name} #{of.executionIndex}</a> : `${of.name} #${of.executionIndex}`}</>}</small></span>
            <span class="what"><strong><bdi>{of.target || of.endpoint}</bdi></strong><small>{kind}{of.endpoint && <> · <bdi>{of.endpoint}</bdi></>}</small></span>
            <span class="when"><Time at={of._createTimeInMicros} /></span>
            <p class="said"><bdi>{of.reference.startsWith('http') ? <a href={of.reference}>{of.message}</a> : of.message}</bdi>
                {of.attempts > 1 && <span class="faint"> · {t('tellTries', { n: of.attempts })}</span>}{of.status === 'PENDING' && !!of._nextTryInMicros && of.attempts > 0 && <span class="faint"> · {t('tellNext')} <Time at={of._nextTryInMicros} /></span>}</p>
            <Acts of={of} />
        </div>
    );
}

/* Of one run; nothing where it tells nobody. */
export function ToldBy({ run }: { run: Execution }) {
    const { data, problem, reload } = useLoaded(`told by ${run.id}`, ['notifications', 'executions'], (s) => list<Notification>(`/executions/${run.id}/notifications`, { $top: 100, $orderby: 'createdAt asc' }, s));
    if (!data?.rows.length) return <Trouble problem={problem} retry={reload} />;
    return <section class="panel told"><h2>{t('notifications')}</h2>{data.rows.map((one) => <Told key={one.id} of={one} run={false} />)}</section>;
}
