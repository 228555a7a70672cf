package dev.woodpecker.runtime.plan;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One kernel's run in a recording of Java's Flight Recorder, if that asks for it by name. */
@Name("dev.woodpecker.Kernel")
@Label("Kernel")
@Category("Woodpecker")
@Enabled(false)
@StackTrace(false)
final class KernelEvent extends Event {
    private static final EventType TYPE = EventType.getEventType(KernelEvent.class);

    @Label("Nodes of the model")
    String name = "";

    @Label("Operator")
    String operator = "";

    @Label("Shapes of the results")
    String shapes = "";

    @Label("Arithmetic on elements")
    long flops;

    /** Whether a recording wants kernels at all, asked once a run. */
    static boolean isOn() {
        return TYPE.isEnabled();
    }

    void commit(Invocation what) {
        if (shouldCommit()) {
            name = what.name();
            operator = what.operator();
            shapes = what.shapes();
            flops = what.cost().flops();
            commit();
        }
    }
}
