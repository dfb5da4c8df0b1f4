#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/test.h"

TEST(file, is_published_once_and_replaces_nothing)
{
    char folder[] = "/tmp/slipway-file-XXXXXX";
    CHECK(mkdtemp(folder));
    AUTO_FREE char *from = mem_format("%s/part", folder), *to = mem_format("%s/whole", folder);
    close(open(from, O_CREAT | O_WRONLY, 0600));
    CHECK(file_publish(from, to));
    CHECK(access(from, F_OK) != 0 && access(to, F_OK) == 0);
    close(open(from, O_CREAT | O_WRONLY, 0600));
    CHECK(!file_publish(from, to));
    CHECK_INT(errno, EEXIST);
    CHECK(access(from, F_OK) != 0);
    CHECK(!file_publish(from, to));
    CHECK_INT(errno, ENOENT);
    unlink(to);
    rmdir(folder);
}
