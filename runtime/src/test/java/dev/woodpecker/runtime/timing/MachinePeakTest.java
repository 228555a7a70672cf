package dev.woodpecker.runtime.timing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.toolchain.CCompiler;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MachinePeakTest {
    @TempDir
    Path home;

    /** Bounds that hold on any machine, however busy, and that a probe which was optimised away or not vectorised fails. */
    @ParameterizedTest
    @MethodSource("dev.woodpecker.runtime.toolchain.TestCompilers#present")
    void theFiguresArePhysicallyPossible(CCompiler compiler) {
        CpuFeatures cpu = CpuFeatures.ofHost();
        MachinePeak peak = new MachinePeak(new KernelCompiler(compiler, cpu, CacheDirectory.open(home)));
        double floatsPerVector = cpu.vectorBytes() / 4.0;
        // Between an eighth of an FMA instruction a nanosecond, and four at 6 GHz.
        assertThat(peak.gigaflopsPerSecond(1)).isBetween(floatsPerVector * 2 / 8, floatsPerVector * 2 * 4 * 6);
        assertThat(peak.gigaflopsPerSecondByThreads()).hasSize(cpu.cores());
        assertThat(peak.gigabytesPerSecond(1)).isBetween(0.2, 500.0);
    }
}
