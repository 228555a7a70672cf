package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DemoCommandTest {
    /** The README's first command: from a network that is made here to a result that another runtime confirms. */
    @Test
    void theWholeWay() {
        StringWriter out = new StringWriter();
        int status = Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(out, true), "demo");
        assertThat(status).as(out.toString()).isZero();
        assertThat(out.toString())
                .contains("1.81 billion multiply-adds")
                .containsPattern("output fc f32\\[1, 1000]: .* from ONNX Runtime's .*: ok")
                .contains("public static Tensor conv2d(")
                .contains("acc = sum[c < 64, r < 3, s < 3]")
                .contains("int32_t conv2d")
                .contains("__global__")
                .containsPattern("1 thread +[0-9.]+ ms +[0-9.]+ ms +[0-9.]+");
    }
}
