/* Is all that a webhook needs as it should be? What `slipway doctor` says, of one webhook. */
import { P, call } from '../../api';
import { useLoaded } from '../../loading';
import type { Webhook } from '../../model';
import { Dialog, Loading, Trouble } from '../../parts';
import { t, type TextKey } from '../../texts';

export interface Check { check: string; status: string; says: string; todo: string }

const WORDS: Record<string, { tone: string; text: TextKey }> = { ok: { tone: 'good', text: 'checkOk' }, warning: { tone: 'wait', text: 'checkWarning' }, failed: { tone: 'bad', text: 'checkFailed' } };

export function CheckRows({ checks }: { checks: Check[] }) {
    return <ul class="trace">{checks.map((c, i) => (
        <li key={i} class={WORDS[c.status]?.tone}><span class={`status ${WORDS[c.status]?.tone ?? 'quiet'}`}><i aria-hidden="true" />{WORDS[c.status] ? t(WORDS[c.status]!.text) : c.status}</span> <strong>{c.check}</strong>
            <p><bdi>{c.says}</bdi></p>{c.todo && <p class="faint">{c.todo}</p>}</li>))}</ul>;
}

export function Checks({ webhook, close }: { webhook: Webhook; close: () => void }) {
    const { data, problem, reload } = useLoaded<{ checks: Check[] }>(`checks ${webhook.id}`, [], (s) => call('GET', `${P}/registry-webhooks/${webhook.id}/checks`, undefined, s));
    return (
        <Dialog title={t('checksOf', { name: webhook.name })} close={close} wide>
            {!data && !problem && <><Loading /><p class="faint">{t('checking')}</p></>}
            <Trouble problem={problem} retry={reload} />
            {data && <CheckRows checks={data.checks} />}
            <footer><button type="button" onClick={reload}>{t('checkAgain')}</button><button type="button" class="primary" onClick={close}>{t('close')}</button></footer>
        </Dialog>
    );
}
