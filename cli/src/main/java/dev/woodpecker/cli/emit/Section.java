package dev.woodpecker.cli.emit;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.runtime.call.KernelCall;
import java.util.Locale;

/** A form that a kernel has on its way from Java to native code, in the order of the way. */
public enum Section {
    /** The Java method's body. */
    SPEC("the method's body, for all shapes"),
    /** Stages of axes and elements, for these shapes. */
    PROGRAM("its stages, for these shapes and attributes"),
    /** The steps of the schedule, as JSON. */
    TRACE("the schedule's steps"),
    /** The loops that the steps make. */
    LOOPS("the loops that the steps make"),
    /** C or CUDA. */
    SOURCE("the source");

    private final String title;

    Section(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }

    /** The text, ending with a line break. */
    public String text(KernelCall call, KernelSource source) {
        return switch (this) {
            case SPEC -> KernelText.print(call.spec());
            case PROGRAM -> IrText.of(source.program());
            case TRACE -> TraceJson.print(source.trace()) + "\n";
            case LOOPS ->
                IrText.of(Lowering.schedule(
                                source.program(),
                                source.trace(),
                                source.lowered().numerics())
                        .tree());
            case SOURCE -> source.text();
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
