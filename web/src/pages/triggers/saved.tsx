/* After saving: what Docker Hub said, and where nobody can tell the registry for us, the URL to enter there. */
import type { Webhook } from '../../model';
import { Copy, Dialog } from '../../parts';
import { t } from '../../texts';

/* Nothing to say when the hook stands. */
export const worthSaying = (w: Webhook) => w.dockerHub.state !== 'registered' || !!w.warnings?.length;

export function Saved({ webhook: w, close }: { webhook: Webhook; close: () => void }) {
    return (
        <Dialog title={t('savedWebhook', { name: w.name })} close={close}>
            <p>{t(w.dockerHub.state === 'manual' ? 'savedManual' : 'savedHub')} {w.dockerHub.message}</p>
            {w.warnings?.map((warning, i) => <p key={i} class="notice">{warning}</p>)}
            {w.webhookUrl && <div class="secret"><code>{w.webhookUrl}</code><Copy text={w.webhookUrl} /></div>}
            <p class="faint">{t('savedUrlHint')}</p>
            <footer><a class="button" href={`/triggers/docker/webhooks/${w.id}/listen`}>{t('listenFor')}</a><button type="button" class="primary" onClick={close}>{t('close')}</button></footer>
        </Dialog>
    );
}
