package dev.woodpecker.runtime.onnx.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Arity;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.AttributeSchema;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.BecameInput;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Formal;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OperatorSchemasTest {

    @Test
    void anOperatorHasTheInputsAndOutputsOfTheNewestOpset() {
        OperatorSchema clip = OperatorSchemas.find("Clip").orElseThrow();
        assertThat(clip.inputs())
                .containsExactly(
                        new Formal("input", Arity.REQUIRED),
                        new Formal("min", Arity.OPTIONAL),
                        new Formal("max", Arity.OPTIONAL));
        assertThat(OperatorSchema.fewest(clip.inputs())).isEqualTo(1);
        assertThat(OperatorSchema.most(clip.inputs())).isEqualTo(3);
        OperatorSchema concat = OperatorSchemas.find("Concat").orElseThrow();
        assertThat(OperatorSchema.most(concat.inputs())).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void anAttributeMayHaveOneDefaultBeforeAnOpsetAndAnotherAfter() {
        OperatorSchema softmax = OperatorSchemas.find("Softmax").orElseThrow();
        assertThat(defaultOf(softmax, "axis", 12)).contains("1");
        assertThat(defaultOf(softmax, "axis", 13)).contains("-1");
    }

    @Test
    void anAttributeMayHaveBecomeAnInput() {
        OperatorSchema squeeze = OperatorSchemas.find("Squeeze").orElseThrow();
        assertThat(squeeze.attribute("axes", 12).flatMap(AttributeSchema::becameInput))
                .contains(new BecameInput(1, false));
        assertThat(squeeze.attribute("axes", 13)).isEmpty();
    }

    @Test
    void anAttributeThatCameLaterIsKnownInEarlierOpsets() {
        OperatorSchema pool = OperatorSchemas.find("MaxPool").orElseThrow();
        assertThat(pool.attribute("ceil_mode", 8)).isPresent();
        assertThat(pool.attributes(8)).extracting(AttributeSchema::name).doesNotContain("ceil_mode");
    }

    @Test
    void whatBecameAnInputNamesOneThatThereIs() {
        for (OperatorSchema operator : OperatorSchemas.all().values()) {
            for (AttributeSchema attribute : operator.attributes()) {
                attribute
                        .becameInput()
                        .ifPresent(input -> assertThat(input.index())
                                .as(operator.name() + " " + attribute.name())
                                .isLessThan(operator.inputs().size()));
            }
        }
    }

    @Test
    void noAttributeHasTwoFormsInOneOpset() {
        for (OperatorSchema operator : OperatorSchemas.all().values()) {
            for (int opset = OperatorSchemas.OLDEST_OPSET; opset <= OperatorSchemas.NEWEST_OPSET; opset++) {
                assertThat(operator.attributes(opset))
                        .as(operator.name() + " in opset " + opset)
                        .extracting(AttributeSchema::name)
                        .doesNotHaveDuplicates();
            }
        }
    }

    private static Optional<String> defaultOf(OperatorSchema schema, String attribute, int opset) {
        return schema.attribute(attribute, opset).flatMap(AttributeSchema::defaultText);
    }
}
