/* My account > password: changed by who knows the current one. */
import { useState } from 'preact/hooks';
import { P, call, signIn, who } from '../../api';
import { Dialog, Trouble, useAction } from '../../parts';
import { t } from '../../texts';
import { Passwords, usePasswords } from './passwords';

function Change({ close }: { close: () => void }) {
    const words = usePasswords(true);
    const [done, setDone] = useState(false);
    const { busy, problem, run } = useAction();
    /* All sessions end with the old password, this one too: it begins anew with the new one. */
    const save = () => run(async () => {
        const username = who.value!.name;
        await call('POST', `${P}/whoami/password`, { oldPassword: words.old, newPassword: words.first });
        await signIn({ username, password: words.first });
        setDone(true);
    });
    if (done) return <Dialog title={t('changePassword')} close={close}><p role="status">{t('passwordChanged')}</p><footer><button type="button" class="primary" onClick={close}>{t('close')}</button></footer></Dialog>;
    return (
        <Dialog title={t('changePassword')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); if (words.fit) save(); }}>
                <Passwords of={words} wrong={problem?.status === 403 ? t('oldPasswordWrong') : ''} />
                {problem?.status !== 403 && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy || !words.fit}>{t('changePassword')}</button></footer>
            </form>
        </Dialog>
    );
}

export function Session() {
    const [changing, change] = useState(false);
    if (!who.value?.hasPassword) return null;
    return (
        <section class="stack"><h2>{t('password')}</h2><p class="faint">{t('changePasswordHint')}</p><p><button type="button" onClick={() => change(true)}>{t('changePassword')}</button></p>
            {changing && <Change close={() => change(false)} />}</section>
    );
}
