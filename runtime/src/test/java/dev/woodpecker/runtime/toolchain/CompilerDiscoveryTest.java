package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompilerDiscoveryTest {
    @TempDir
    Path directory;

    @Test
    void autoTakesGccThenClangThenTheBundledOne() throws IOException {
        program("clang", "Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu");
        assertThat(discover("auto").family()).isEqualTo(CompilerFamily.CLANG);

        program("gcc", "gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc.");
        CCompiler gcc = discover("auto");
        assertThat(gcc.family()).isEqualTo(CompilerFamily.GCC);
        assertThat(gcc.majorVersion()).isEqualTo(12);
        assertThat(gcc.executable()).isEqualTo(directory.resolve("gcc"));
    }

    @Test
    void withNothingOnThePathTheBundledClangIsTaken() {
        assumeTrue(BundledLlvm.isPresent(), "SKIPPED: org.bytedeco:llvm is not on the class path");
        CCompiler compiler = CompilerDiscovery.discover(
                new Environment(Map.of("PATH", directory.toString())), TestCompilers.sharedCache());
        assertThat(compiler.family()).isEqualTo(CompilerFamily.CLANG);
        assertThat(compiler.linkFlags()).containsExactly("-fuse-ld=lld");
        assertThat(compiler.versionText()).doesNotContain("InstalledDir");
    }

    @Test
    void aCompilerIsWhatItSaysItIsNotWhatItIsCalled() throws IOException {
        program("gcc", "Apple clang version 17.0.0 (clang-1700.0.13.3)");
        assertThat(discover("gcc").family()).isEqualTo(CompilerFamily.CLANG);
        Path cross = program("x86_64-linux-gnu-gcc-13", "x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2) 13.3.0");
        assertThat(discover(cross.toString()).majorVersion()).isEqualTo(13);
    }

    @Test
    void whatIsAskedForAndMissingIsAnErrorWithRemedies() {
        assertThatThrownBy(() -> discover("gcc"))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("WPK_CC=gcc, but there is no gcc on the PATH")
                .hasMessageContaining("org.bytedeco:llvm:20.1.7-1.5.12");
        assertThatThrownBy(() -> discover("/no/such/cc"))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("WPK_CC=/no/such/cc is not an executable file");
    }

    @Test
    void anOldCompilerAndAStrangeProgramAreRefused() throws IOException {
        program("gcc", "gcc (GCC) 4.8.5 20150623 (Red Hat 4.8.5-44)");
        assertThatThrownBy(() -> discover("auto"))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("GCC 4; version 11 or later is needed");
        program("gcc", "hello");
        assertThatThrownBy(() -> discover("gcc"))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("neither gcc nor clang: --version printed \"hello\"");
    }

    private CCompiler discover(String choice) {
        return CompilerDiscovery.discover(
                new Environment(Map.of("PATH", directory.toString(), "WPK_CC", choice)), TestCompilers.sharedCache());
    }

    private Path program(String name, String says) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(file, "#!/bin/sh\necho '" + says + "'\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file;
    }
}
