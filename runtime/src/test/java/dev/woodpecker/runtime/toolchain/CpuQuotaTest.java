package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuQuotaTest {
    @TempDir
    Path directory;

    @Test
    void version2QuotaIsRoundedDownToAtLeastOneCore() throws IOException {
        write("mount/box/cpu.max", "350000 100000");
        CpuQuota quota = read("0::/box");
        assertThat(quota.cores()).hasValue(3.5);
        assertThat(quota.wholeCores(8)).isEqualTo(3);
        assertThat(quota.wholeCores(2)).isEqualTo(2);

        write("mount/box/cpu.max", "50000 100000");
        assertThat(read("0::/box").wholeCores(8)).isEqualTo(1);
    }

    @Test
    void theTightestAncestorCounts() throws IOException {
        write("mount/outer/cpu.max", "200000 100000");
        write("mount/outer/inner/cpu.max", "max 100000");
        assertThat(read("0::/outer/inner").cores()).hasValue(2);
    }

    @Test
    void aContainersOwnGroupIsAtTheMountPoint() throws IOException {
        write("mount/cpu.max", "150000 100000");
        assertThat(read("0::/docker/0123456789ab").cores()).hasValue(1.5);
    }

    @Test
    void version1QuotaIsReadAndMinusOneMeansNone() throws IOException {
        write("mount/cpu,cpuacct/box/cpu.cfs_quota_us", "400000");
        write("mount/cpu,cpuacct/box/cpu.cfs_period_us", "100000");
        assertThat(read("4:memory:/box\n3:cpu,cpuacct:/box").cores()).hasValue(4);

        write("mount/cpu,cpuacct/box/cpu.cfs_quota_us", "-1");
        assertThat(read("4:memory:/box\n3:cpu,cpuacct:/box").cores()).isEmpty();
    }

    @Test
    void noGroupsNoQuota() {
        assertThat(CpuQuota.read(directory.resolve("absent"), directory).cores())
                .isEmpty();
        assertThat(CpuQuota.read(directory.resolve("absent"), directory).wholeCores(6))
                .isEqualTo(6);
    }

    private CpuQuota read(String membership) throws IOException {
        write("membership", membership);
        return CpuQuota.read(directory.resolve("membership"), directory.resolve("mount"));
    }

    private void write(String file, String text) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text + "\n");
    }
}
