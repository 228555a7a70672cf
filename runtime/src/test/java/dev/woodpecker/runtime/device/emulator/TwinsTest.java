package dev.woodpecker.runtime.device.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.runtime.toolchain.CCompiler;
import dev.woodpecker.runtime.toolchain.ProgramRun;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The emulator has a function for each that stands in PTX in the prelude, and takes the others from there. */
class TwinsTest {
    /** A function with its name, in a preprocessed text. */
    private static final Pattern FUNCTION = Pattern.compile(
            "static\\s+(?:__device__\\s+|__forceinline__\\s+|__inline__\\s+|__attribute__\\s*\\(\\(.*?\\)\\)\\s*)+"
                    + "(?:[a-z][a-z ]*?|\\w+)\\s+(\\w+)\\s*\\(");

    @TempDir
    private Path work = Path.of("");

    private CCompiler compiler = TestCompilers.present().getFirst().getPayload();

    @BeforeEach
    void writePrelude() throws IOException {
        Files.writeString(work.resolve("prelude.cu"), Dialect.CUDA.prelude());
        Files.writeString(work.resolve("emulator.h"), EmulatorCompiler.resource("emulator.h"));
    }

    @Test
    void eachHasOne() throws IOException {
        Set<String> whole = functions("prelude.cu", "-D__CUDA_ARCH__=800");
        Set<String> portable = functions("prelude.cu", "-DWOODPECKER_EMULATOR");
        Set<String> inPtx = new TreeSet<>(whole);
        inPtx.removeAll(portable);
        assertThat(inPtx)
                .contains("cp_async_16", "cp_async_wait", "ldmatrix_x4", "sqrt_f32")
                .doesNotContain("max_f32");
        assertThat(portable).contains("max_f32", "i32_from_f32").isSubsetOf(whole);
        assertThat(functions("emulator.h")).isEqualTo(inPtx);
    }

    @Test
    void whatTheEmulatorTakesFromThePreludeHasNoInstructionsOfItsOwn() throws IOException {
        assertThat(preprocessed("prelude.cu", "-DWOODPECKER_EMULATOR")).doesNotContain("asm");
        assertThat(preprocessed("prelude.cu", "-D__CUDA_ARCH__=800")).contains("asm");
    }

    private Set<String> functions(String file, String... flags) throws IOException {
        Set<String> names = new TreeSet<>();
        Matcher function = FUNCTION.matcher(preprocessed(file, flags));
        while (function.find()) {
            names.add(function.group(1));
        }
        return names;
    }

    private String preprocessed(String file, String... flags) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(compiler.executable().toString(), "-x", "c++", "-std=gnu++17", "-E", "-P"));
        command.addAll(List.of(flags));
        command.addAll(List.of("-o", "out.txt", file));
        ProgramRun run = ProgramRun.of(command, work);
        assertThat(run.succeeded()).as(run.output()).isTrue();
        return Files.readString(work.resolve("out.txt"));
    }
}
