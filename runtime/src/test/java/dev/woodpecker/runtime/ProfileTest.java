package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileTest {
    @TempDir
    Path directory = Path.of("");

    private static Profile of(List<Profile.Event> timeline) {
        return new Profile(1, List.of(), 0, 0, timeline);
    }

    private static List<JsonObject> traceEvents(Profile profile) {
        return JsonParser.parseString(profile.chromeTrace())
                .getAsJsonObject()
                .getAsJsonArray("traceEvents")
                .asList()
                .stream()
                .map(JsonElement::getAsJsonObject)
                .toList();
    }

    @Test
    void aTraceHasAnEventOfKnownTimeForEachOfTheTimeline() {
        List<JsonObject> events = traceEvents(of(List.of(
                new Profile.Event("conv \"1\"", "Conv", 7, 5_000, 1_500),
                new Profile.Event("run 1", Profile.RUN, 7, 4_000, 3_250))));
        assertThat(events).hasSize(2);
        JsonObject kernel = events.getFirst();
        assertThat(kernel.get("name").getAsString()).isEqualTo("conv \"1\"");
        assertThat(kernel.get("cat").getAsString()).isEqualTo("Conv");
        assertThat(kernel.get("ph").getAsString()).isEqualTo("X");
        assertThat(kernel.get("ts").getAsDouble()).isEqualTo(1.0);
        assertThat(kernel.get("dur").getAsDouble()).isEqualTo(1.5);
        assertThat(kernel.get("tid").getAsLong()).isEqualTo(7);
        assertThat(events.get(1).get("ts").getAsDouble()).isZero();
    }

    @Test
    void kernelsLieWithinTheirRun() {
        Path file = directory.resolve("two.onnx");
        new OnnxModelBuilder("two", 17)
                .input("x", TensorType.of(DType.F32, 2, 3))
                .initializer("w", NdArray.allocate(DType.F32, 3, 5))
                .node("MatMul", List.of("x", "w"), "m", Map.of())
                .node("Softmax", List.of("m"), "y", Map.of())
                .output("y")
                .write(file);
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            assertThatThrownBy(session::profile)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("startProfile()");
            session.startProfile();
            session.run(Map.of("x", NdArray.allocate(DType.F32, 2, 3)));
            Profile profile = session.profile();
            Profile.Event run = profile.timeline().getLast();
            assertThat(run.operator()).isEqualTo(Profile.RUN);
            assertThat(profile.timeline()).hasSizeGreaterThan(1).allSatisfy(event -> {
                assertThat(event.startNanoseconds()).isGreaterThanOrEqualTo(run.startNanoseconds());
                assertThat(event.startNanoseconds() + event.nanoseconds())
                        .isLessThanOrEqualTo(run.startNanoseconds() + run.nanoseconds());
            });
            assertThat(traceEvents(profile)).hasSameSizeAs(profile.timeline());
        }
    }
}
