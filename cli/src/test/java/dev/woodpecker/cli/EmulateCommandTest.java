package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EmulateCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int emulate(String arguments) {
        List<String> all = new ArrayList<>(List.of("emulate"));
        all.addAll(Arrays.asList(arguments.trim().split(" +")));
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
    }

    @Test
    void theTextsHashWhatWasCheckedAndTheDifferenceArePrinted() {
        int status = emulate("Conv --shape x=1x4x6x6 --shape w=8x4x3x3 --target cuda:sm_80 --seed 5");
        assertThat(status).as(out + err.toString()).isZero();
        assertThat(out.toString())
                .contains("Conv x=1x4x6x6 w=8x4x3x3 (direct), cuda:sm_80, fp32")
                .containsPattern("text +\\d+ lines, SHA-256 [0-9a-f]{64}")
                .containsPattern("launch +\\w+: \\d+x\\d+x\\d+ blocks of \\d+x\\d+x\\d+ threads")
                .containsPattern("executed +[\\d,]+ threads in [\\d,]+ blocks, in the order of seed 5")
                .containsPattern("checked +[\\d,]+ accesses of memory: .*nothing was found")
                .containsPattern("result +out: within \\S+ from the reference");
    }

    /** Of negative numbers there is no logarithm. */
    @Test
    void aResultThatIsNoNumberWhereTheReferenceIsNoneIsRight() {
        assertThat(emulate("Log --shape x=64 --target cuda:sm_80"))
                .as(out + err.toString())
                .isZero();
        assertThat(out.toString())
                .containsPattern("result +out: within \\S+ from the reference")
                .doesNotContain("NaN", "TOO FAR");
    }

    @Test
    void anotherTargetThanCudaIsWrongUsage() {
        assertThat(emulate("Relu --shape x=5 --target cpu:x86-64-v3")).isEqualTo(2);
        assertThat(err.toString()).contains("--target cpu:x86-64-v3: CUDA is emulated", "cuda:sm_80");
    }
}
