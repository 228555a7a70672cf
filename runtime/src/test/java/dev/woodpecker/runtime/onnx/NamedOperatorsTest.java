package dev.woodpecker.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.FunctionProto;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamedOperatorsTest {
    private static NodeProto.Builder node(String domain, String operator) {
        return NodeProto.newBuilder().setDomain(domain).setOpType(operator);
    }

    @Test
    void branchesAndFunctionsCount(@TempDir Path folder) throws IOException {
        GraphProto branch = GraphProto.newBuilder()
                .addNode(node("ai.onnx", "QuantizeLinear"))
                .build();
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(10)
                .setGraph(GraphProto.newBuilder()
                        .addNode(node("com.acme", "Gate"))
                        .addNode(node("", "If")
                                .addAttribute(AttributeProto.newBuilder()
                                        .setName("then_branch")
                                        .setG(branch))))
                .addFunctions(FunctionProto.newBuilder().setName("gate").addNode(node("", "Sigmoid")))
                .build();
        Path file = Files.write(folder.resolve("model.onnx"), model.toByteArray());
        assertThat(NamedOperators.in(file))
                .containsExactlyInAnyOrder(
                        new Operator("com.acme", "Gate"),
                        Operator.onnx("If"),
                        Operator.onnx("QuantizeLinear"),
                        Operator.onnx("Sigmoid"));
    }
}
