package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolchainReportTest {
    @Test
    void everySubjectIsNamedAndWhatIsMissingHasARemedy() {
        List<Finding> findings = ToolchainReport.of(Environment.ofProcess()).findings();
        assertThat(findings)
                .extracting(Finding::subject)
                .contains("JDK", "processor", "cache", "gcc", "clang", "bundled clang", "CUDA device", "nvcc")
                .contains("PTX compiler", "cuBLASLt", "cuDNN", "NVRTC", "oneDNN")
                .anyMatch(subject -> subject.startsWith("C compiler in use"));
        assertThat(findings).allSatisfy(finding -> {
            assertThat(finding.detail()).isNotBlank();
            assertThat(finding.remedy().isBlank()).isEqualTo(finding.status() == Finding.Status.FOUND);
        });
    }

    @Test
    void aCompilerThatIsAskedForAndMissingIsAProblem(@TempDir Path empty) {
        Map<String, String> variables = new HashMap<>(Environment.ofProcess().variables());
        variables.put("WPK_CC", "gcc");
        variables.put("PATH", empty.toString());
        assertThat(ToolchainReport.of(new Environment(variables)).findings()).anySatisfy(finding -> {
            assertThat(finding.subject()).isEqualTo("C compiler in use (WPK_CC=gcc)");
            assertThat(finding.status()).isEqualTo(Finding.Status.PROBLEM);
            assertThat(finding.detail()).contains("there is no gcc on the PATH");
        });
    }

    @Test
    void anNvccThatIsNamedAndMissingIsAProblem(@TempDir Path empty) {
        Map<String, String> variables = new HashMap<>(Environment.ofProcess().variables());
        variables.put("WPK_NVCC", empty.resolve("nvcc").toString());
        assertThat(ToolchainReport.of(new Environment(variables)).findings()).anySatisfy(finding -> {
            assertThat(finding.subject()).isEqualTo("nvcc");
            assertThat(finding.status()).isEqualTo(Finding.Status.PROBLEM);
            assertThat(finding.detail()).contains("WPK_NVCC=").endsWith("is not an executable file");
        });
    }
}
