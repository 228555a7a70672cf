package dev.woodpecker.architecture;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** The modules, the package each owns, and what each may depend on: the design's table. */
enum WoodpeckerModule {
    DSL_ANNOTATIONS("dsl"),
    COMPILER("compiler"),
    DSL_PROCESSOR("processor", DSL_ANNOTATIONS, COMPILER),
    KERNELS("kernels", DSL_ANNOTATIONS, COMPILER),
    RUNTIME("runtime", DSL_ANNOTATIONS, COMPILER, KERNELS),
    TUNER("tuner", RUNTIME),
    CLI("cli", TUNER),
    BENCHMARKS("benchmarks", CLI);

    private final String packageName;
    private final Set<WoodpeckerModule> dependencies;

    /** What a module may use includes what its dependencies may use. */
    WoodpeckerModule(String lastPackageName, WoodpeckerModule... dependencies) {
        this.packageName = "dev.woodpecker." + lastPackageName;
        this.dependencies = new HashSet<>();
        for (var dependency : dependencies) {
            this.dependencies.add(dependency);
            this.dependencies.addAll(dependency.dependencies);
        }
    }

    String folder() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The module's packages, in ArchUnit's notation. */
    String packages() {
        return packageName + "..";
    }

    boolean mayUse(WoodpeckerModule other) {
        return other == this || dependencies.contains(other);
    }
}
