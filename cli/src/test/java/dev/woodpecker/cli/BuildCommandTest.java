package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int wpk(Object... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        String[] texts = List.of(args).stream().map(Object::toString).toArray(String[]::new);
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(err, true), texts);
    }

    @BeforeEach
    void model() {
        new OnnxModelBuilder("model", 17)
                .input(
                        "x",
                        new TensorType(
                                DType.F32, new Shape(List.of(new Dimension.Symbolic("rows"), new Dimension.Known(3)))))
                .node("Relu", List.of("x"), "y", Map.of())
                .output("y")
                .write(directory.resolve("model.onnx"));
    }

    @Test
    void printsTheDigestThatRunTrusts() {
        Path plan = directory.resolve("model.wpk");
        assertThat(wpk("build", directory.resolve("model.onnx"), "--dim", "rows=2,5", "-o", plan))
                .isZero();
        assertThat(out.toString()).contains("model.wpk", "2 plans");
        String digest = out.toString()
                .lines()
                .filter(line -> line.startsWith("digest "))
                .findFirst()
                .orElseThrow()
                .substring("digest ".length());
        assertThat(wpk("run", plan, "--dim", "rows=5", "--trust", digest)).isZero();
        assertThat(out.toString()).contains("output y: f32[5, 3]");
        assertThat(wpk("run", plan, "--dim", "rows=3", "--trust", digest)).isEqualTo(1);
        assertThat(err.toString()).contains("'x': f32[2, 3]; or 'x': f32[5, 3]");
        assertThat(wpk("explain", plan, "--dim", "rows=5", "--trust", digest, "--runs", "2"))
                .isZero();
        assertThat(out.toString())
                .contains("model.wpk, 1 thread: 1 kernels", "100.0 % of the run", "default", "Relu", "f32[5, 3]");
        assertThat(wpk("run", plan)).isEqualTo(1);
        assertThat(err.toString()).contains(digest, "--trust");
        assertThat(wpk("run", plan, "--dim", "rows=5", "--trust", digest, "--check", "onnxruntime"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--check needs the ONNX model");
    }

    @Test
    void signsForThoseWhoTrustTheKey() throws IOException, NoSuchAlgorithmException {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path own = pem("PRIVATE KEY", pair.getPrivate());
        Path shown = pem("PUBLIC KEY", pair.getPublic());
        Path plan = directory.resolve("signed.wpk");
        assertThat(wpk("build", directory.resolve("model.onnx"), "--sign", own, "-o", plan))
                .isZero();
        assertThat(wpk("run", plan, "--trust-key", shown)).isZero();
        assertThat(wpk("run", plan, "--trust-key", own)).isEqualTo(2);
        assertThat(err.toString()).contains("-----BEGIN PUBLIC KEY-----");
    }

    private Path pem(String label, Key key) throws IOException {
        return Files.writeString(
                directory.resolve(label + ".pem"),
                "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                        + "\n-----END " + label + "-----\n");
    }

    @Test
    void wrongUsageIsRefusedBeforeAnythingIsBuilt() {
        Path plan = directory.resolve("wrong.wpk");
        assertThat(wpk("build", directory.resolve("model.onnx"))).isEqualTo(2);
        assertThat(wpk("build", directory.resolve("model.onnx"), "-o", plan, "--dim", "rows=two"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("'two' is no extent");
        assertThat(wpk("run", directory.resolve("model.onnx"), "--trust", "12")).isEqualTo(2);
        assertThat(err.toString()).contains("64 hexadecimal digits");
        assertThat(plan).doesNotExist();
    }
}
