package dev.woodpecker.cli.bench;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;

/** A whole program that runs a plan file once: {@code PLAN DIGEST THREADS INPUT SHAPE FLOATS}. */
public final class PlanFirstOutput {
    private PlanFirstOutput() {}

    /** See {@link StartUp}. */
    public static void main(String[] args) {
        Options options = Options.defaults().trustPlan(args[1]).withThreads(Integer.parseInt(args[2]));
        try (Model model = Model.load(Path.of(args[0]), options);
                Session session = model.newSession()) {
            MemorySegment floats = MemorySegment.ofBuffer(FirstOutput.read(args[5]));
            NdArray input = NdArray.wrap(floats, DType.F32, FirstOutput.shape(args[4]));
            NdArray output =
                    session.run(Map.of(args[3], input)).values().iterator().next();
            FirstOutput.tell(output.memory().asByteBuffer().order(ByteOrder.nativeOrder()));
        }
    }
}
