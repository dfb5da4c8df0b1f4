/* Where an invitation leads: a new password, then signed in. The token stands behind the #, which is sent nowhere by itself. */
import { useEffect, useState } from 'preact/hooks';
import { P, Problem, call, signIn, signOut, signedIn } from '../../api';
import { useLoaded } from '../../loading';
import { Loading, Trouble, useAction } from '../../parts';
import { go } from '../../router';
import { t } from '../../texts';
import { Passwords, usePasswords } from './passwords';

export default function Invitation() {
    const [token] = useState(() => location.hash.slice(1));
    const words = usePasswords(false);
    const { busy, problem, run } = useAction();
    const { data: invited, problem: refused } = useLoaded<{ name: string }>(`invitation ${token}`, [], () => call('POST', `${P}/invitations`, { token }));
    useEffect(() => { history.replaceState(null, '', '/invitation'); if (signedIn.value) signOut(); }, []); /* neither in the history nor taken for somebody else's */
    const accept = () => run(async () => {
        await call('POST', `${P}/invitations`, { token, password: words.first });
        await signIn({ username: invited!.name, password: words.first });
        go('/', true);
    });
    const why = refused?.status === 403 ? new Problem(403, t('invitationOver')) : refused;
    return (
        <>
            <h1 tabIndex={-1}>{invited ? t('welcome', { name: invited.name }) : t('invitation')}</h1>
            {!invited && !refused && <Loading />}
            <Trouble problem={why} />
            {why && <p><a class="button" href="/">{t('signIn')}</a></p>}
            {invited && <form onSubmit={(e) => { e.preventDefault(); if (words.fit) accept(); }}>
                <p class="faint">{t('invitationHint')}</p>
                <Passwords of={words} />
                <Trouble problem={problem} />
                <footer><button class="primary" disabled={busy || !words.fit}>{t('setPassword')}</button></footer>
            </form>}
        </>
    );
}
