import { Head } from '../../parts';
import { t } from '../../texts';

export default function Users() {
    return <Head title={t('users')} />;
}
