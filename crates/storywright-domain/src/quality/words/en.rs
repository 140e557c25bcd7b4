//! English words. Lists are separated by blanks; an entry of several words is joined with `_`.

use super::{Lists, Marker, MarkerKind::*};

pub(super) const LISTS: Lists = Lists {
    verbs: "accept access achieve acknowledge activate adapt add adjust administer adopt advertise aggregate allocate allow analyse analyze annotate \
announce answer append apply appoint approve archive arrange ask assemble assess assign associate attach attend authenticate authorise authorize \
automate avoid award backup ban be become begin block borrow bring browse build bulk-edit buy calculate call cancel capture categorise categorize \
celebrate change charge chat check choose clarify classify clean clear click clone close collaborate collapse collect combine come communicate compare \
compile complain complete compose compute conduct configure confirm connect consolidate consult contact contribute control convert coordinate copy \
correct create crop customise customize cut deactivate debug decide decline decrypt deduct define delegate delete deliver deploy describe deselect design \
determine develop disable disconnect discover discuss dismiss dispatch display dispute distribute divide donate download draft drag draw drop duplicate \
edit eliminate embed enable encrypt end endorse enforce engage enhance enrol enroll ensure enter erase escalate establish estimate evaluate examine exchange \
exclude execute exit expand explain explore export express extend extract favourite favorite file fill filter finalise finalize find finish fix flag follow \
forward gain gather generate get give go grant group grow guarantee guide handle have help hide hire highlight hold identify ignore implement import improve \
include increase indicate inform initiate insert inspect install integrate interact interrupt introduce investigate invite invoice issue join judge keep \
know label launch lead learn leave lend let like limit link list listen load locate lock log login logout log-in log-out look lower maintain make manage map mark match \
maximise maximize measure meet mention merge message migrate minimise minimize moderate modify monitor move mute name navigate negotiate notify observe obtain \
open opt order organise organize overwrite own pack participate pass paste pause pay perform pick pin place plan play post postpone predict prepare present \
preview prevent print prioritise prioritize process produce promote propose protect prove provide publish pull purchase push put query quit raise rank rate read rearrange \
receive recommend reconcile record recover redeem redirect reduce refer refine refresh refund refuse register reject release reload rely remember remind \
remove rename renew rent reopen reorder repair repeat replace reply report request require reschedule reserve reset resize resolve respond restart restore \
restrict resume retain retrieve return reuse reveal revert review revise revoke reward rotate route run save say scan schedule search secure see select sell \
send separate serve set share ship show sign sign-up sign-in simulate skip solve sort specify split spot start state stay stop store stream submit subscribe \
suggest summarise summarize supervise supply support suspend swap switch sync synchronise synchronize tag take talk tell terminate test think tidy toggle track train transfer \
transform translate transmit transport trigger try turn type unblock understand undo unlock unpublish unsubscribe update upgrade upload use validate \
verify view visit visualise visualize vote wait walk want warn wash watch withdraw work write zoom re-open re-send resend reprint blacklist whitelist \
onboard escalate fulfil fulfill settle sponsor supersede override outsource dictate lend retry rebook ring fetch feed drive ride cook count hand trade park freeze hold excuse photograph polish sew dig heat cool light raise settle sync inspect intercept rehire overwrite resubmit reassign deregister unassign unarchive archive undo redo mute unmute unfollow withdraw embed attach detach pin unpin zip unzip bookmark earmark reinstate renegotiate bill quote tally tick untick book hang water sow weigh photograph",
    nouns_too: "bookmark bill tally tick feed drive ride cook count hand trade park heat cool light bookmark ring fetch access address approach archive award ban block bookmark bulk-edit call cancel change charge chat check click clone comment contact control copy cost cut \
design display dispute draft drag drop end estimate exchange exit export favourite favorite file fill filter fix flag group guide help highlight hold import increase \
index interrupt invoice issue join judge keep label launch lead leave like limit link list load lock log login logout look lower map mark match measure message monitor name offer open order own \
pack pass pause pay pick pin place plan play post present preview print process produce profile progress purchase push query quote rank rate read rebate record refund release reply \
report request reserve reset return reuse review reward route run sale sample save scan schedule score search secure separate set share ship show sign sign-up sign-in skip sort spot stage start state \
stop store stream supply support swap switch sync tag talk test train transfer transport trigger try turn type update upgrade upload use view visit vote wait walk want warn wash watch work zoom \
email e-mail text phone value volume welcome water dress rent note clear clean complete correct download lower free empty better process repair repeat back present sponsor override access issue land \
board book budget cash credit debit date deposit discount dock experience fax finance focus forecast frame function host house image interest interview license market model notice number object \
page paper park part photograph picture pilot point price program project promise purpose question recruit reference register research result risk rule sound source space stock structure \
study tax team time total trade trip visit vote website weight",
    compound_heads: "history number numbers status details detail information info date dates time times address addresses result results id ids code codes name names setting settings \
option options data type types form forms page pages log logs list lists rate rates score scores count counts button buttons field fields functionality feature features link links price prices plan plans \
policy policies template templates term terms value values limit limits level levels confirmation confirmations form line lines item items engine bar box point points person persons view views \
process processes time times cost costs fee fees period periods amount amounts notification notifications email emails message messages case cases report reports team teams page screen screens tool tools \
preference preferences request requests rule rules date summary summaries state states area areas card cards key keys label labels title titles tag tags reason reasons room rooms number note notes",
    determiners: "a an the my your his her its our their this that these those each every all any some another other one both no which what two three four five multiple several many new more",
    pronouns: "it them him me us you they he she i we",
    prepositions: "of for in on at by with from to into via within per about under over between through across during without against onto upon than as like after before until off up down out back away together around",
    subordinators: "when if whenever while once unless until after before whether where how what because since although who whose why which",
    people: "user users customer customers client clients admin admins administrator administrators manager managers visitor visitors guest guests member members owner owners editor editors author authors \
developer developers tester testers operator operators student students teacher teachers parent parents patient patients doctor doctors nurse nurses employee employees staff seller sellers buyer buyers shopper \
shoppers merchant merchants driver drivers passenger passengers traveller travellers traveler travelers analyst analysts accountant accountants auditor auditors officer officers clerk clerks agent agents \
supervisor supervisors moderator moderators publisher publishers consumer consumers subscriber subscribers reader readers player players trainer trainers coach coaches researcher researchers scientist \
scientists engineer engineers architect architects designer designers librarian librarians citizen citizens applicant applicants candidate candidates recruiter recruiters participant participants \
organizer organizers organiser organisers volunteer volunteers donor donors tenant tenants landlord landlords person people team viewer viewers reviewer reviewers planner planners stakeholder stakeholders \
broker brokers investor investors supplier suppliers vendor vendors chef cook waiter farmer cashier resident residents learner learners technician technicians representative representatives individual somebody someone anyone \
everybody everyone director directors leader leaders lead leads dispatcher dispatchers contributor contributors",
    things: "system systems database server application app website webpage api backend frontend button page software module service platform table microservice cron job gateway screen interface",
    vague: "user-friendly intuitive intuitively appropriate appropriately adequate adequately suitable suitably various seamless seamlessly seamlessy somehow stuff thing things etc reasonable reasonably asap \
state-of-the-art cutting-edge modern robust robustly flexible flexibly optimal optimally whatever good nice nicely great proper properly sufficient sufficiently acceptable sometimes usually often maybe possibly probably \
important normal normally sleek attractive awesome cool slick beautiful convenient conveniently performant scalable self-explanatory user-centric hassle-free best responsive helpful useful smooth smoothly timely \
ideally mostly roughly approximately soon clean relevant interesting smart clever friendly better improved advanced comprehensive powerful next-generation world-class high-quality pleasant rich certain special",
    vague_in_means: "easy easily quick quickly fast faster efficient efficiently effective effectively simple simply easier simpler quicker slow large small big huge",
    vague_phrases: "and_so_on and_so_forth and_the_like or_something something_like some_kind some_sort kind_of sort_of as_soon_as_possible as_much_as_possible as_many_as_possible as_fast_as_possible as_needed as_necessary \
if_needed if_necessary if_possible when_needed where_possible where_appropriate when_necessary as_appropriate and_more or_similar and_other_stuff or_so and_whatnot easy_to_use simple_to_use real_time_ish look_and_feel \
in_a_timely_manner in_time_ish up_to_date_ish as_required if_required when_required as_quickly_as_possible as_well_as_possible as_simple_as_possible as_easy_as_possible in_a_good_way in_a_better_way to_some_extent and_others \
more_or_less and/or",
    quantities: "many numerous several few some lots plenty countless most",
    quantity_phrases: "a_lot_of lots_of a_few a_number_of a_bunch_of large_number large_amount huge_number huge_amount large_amounts large_volumes a_couple_of as_many",
    weak_verbs: "handle support manage improve optimise optimize enhance process deal facilitate leverage streamline maximise maximize minimise minimize",
    technology: "sql mysql postgresql postgres mongodb redis elasticsearch kafka rabbitmq docker kubernetes aws azure s3 ec2 lambda react reactjs angular angularjs vue vuejs jquery javascript typescript java python php \
ruby django rails spring hibernate nodejs node.js graphql grpc ajax html html5 css css3 bootstrap tailwind microservice microservices jwt bcrypt sha-256 sha256 md5 aes websocket websockets soap xslt oracle sqlite mariadb cassandra \
dynamodb nginx apache tomcat hadoop spark terraform ansible jenkins firebase flutter swift kotlin .net asp.net c# c++ golang rust memcached solr lucene oauth oauth2 saml ldap cron cronjob async asynchronous asynchronously refactor refactored refactoring \
varchar json xml yaml singleton regex regexp mutex hashmap hadoop iframe localstorage cdn",
    technology_soft: "database databases api apis endpoint endpoints backend back-end frontend front-end server servers cache cached caching schema schemas middleware sdk microservice webhook webhooks cookie cookies \
table_column stored_procedure stored_procedures message_queue load_balancer design_pattern unit_test unit_tests rest_api foreign_key primary_key background_job cron_job batch_job source_code class_diagram neural_network machine_learning_model",
    widgets: "button buttons dropdown dropdowns drop-down drop-downs checkbox checkboxes radiobutton popup popups pop-up pop-ups modal modals textbox textboxes textfield combobox accordion carousel tooltip tooltips slider toolbar sidebar hamburger \
tab_bar drop_down radio_button radio_buttons check_box text_box text_field dialog_box side_bar tool_tip combo_box side_menu burger_menu modal_window modal_dialog pop_up left_corner right_corner top_right top_left bottom_right bottom_left navbar scrollbar spinner left_sidebar",
    technicians: "developer developers engineer engineers programmer dba integrator architect devops sysadmin tester testers scientist api technician webmaster sre",
    scope: "everything anything whole_system entire_system whole_platform entire_platform complete_system complete_solution whole_application entire_application whole_website entire_website whole_site all_the_features all_features \
all_functionality all_functionalities full-featured fully-featured end-to-end_solution all_devices all_browsers all_platforms all_languages every_browser every_device any_device any_language any_platform a_new_system a_new_website a_new_platform \
a_website_like an_app_like a_site_like a_shop_like a_system_like a_platform_like like_amazon like_facebook like_google all_kinds all_sorts any_kind complete_redesign from_scratch whole_product entire_product all_aspects whole_process entire_process \
every_aspect all_operations every_feature whole_company entire_company all_modules the_whole_thing all_possible all_processes all_the_data all_systems complete_platform an_all-in-one all-in-one entire_business whole_business whole_lifecycle entire_lifecycle",
    undecided: "tbd tba tbc todo to_be_defined to_be_decided to_be_determined to_be_confirmed to_be_discussed not_sure_yet still_unclear not_yet_known yet_to_be xxx details_to_follow details_later",
    wishes: "be_sure be_certain be_assured be_convinced be_happy be_satisfied be_successful be_productive be_more_productive be_confident be_safe be_rich be_the_best be_the_most be_the_first be_loved be_efficient be_more_efficient be_competitive be_healthy be_better be_famous be_proud be_relaxed \
be_respected be_motivated be_at_ease be_delighted be_impressed be_able_to_relax be_the_market feel enjoy succeed save_time save_money have_fun have_a_good have_a_great have_more_time have_less_work have_better have_peace_of_mind have_a_better have_happy have_satisfied have_confidence \
make_money make_more_money make_profit make_more_profit earn_more increase_sales increase_revenue increase_profit increase_our increase_customer increase_productivity increase_user boost grow grow_my grow_our reduce_costs reduce_cost \
reduce_our_costs attract_more attract_new benefit_from explore_the_possibilities explore_the_potential explore_new_market improve_customer improve_our improve_user improve_the_customer improve_satisfaction raise_customer gain_market gain_confidence get_rich get_more_customers get_more_sales \
win_more win_customers sell_more work_better work_faster worry_less waste_less stress_less avoid_stress keep_customers_happy make_customers_happy make_my_customers make_our_customers trust live_a love my_life stay_competitive stay_ahead be_a_leader achieve_our achieve_my beat",
    idioms: "search_and_replace find_and_replace drag_and_drop copy_and_paste cut_and_paste terms_and_conditions trial_and_error wait_and_see pick_and_choose click_and_collect pros_and_cons look_and_feel read_and_write back_and_forth track_and_trace \
plug_and_play check_and_balance check_in_and_out point_and_click log_in_and_out sign_in_and_out come_and_go go_and_see try_and_see mix_and_match stop_and_go park_and_ride pay_and_display supply_and_demand research_and_development \
do_and_don't pass_or_fail sink_or_swim yes_or_no on_and_off on_or_off more_or_less one_or_more true_or_false start_and_end start_and_stop_time import_and_export_duties turn_on_and_off switch_on_and_off turn_on_or_off and_or bed_and_breakfast \
question_and_answer questions_and_answers compare_and_contrast meet_and_greet hit_and_miss do's_and_don'ts up_and_running buy_and_sell cause_and_effect grab_and_go divide_and_conquer show_and_tell rise_and_fall stop_and_search search_and_rescue",
    stories: "story stories ticket issue epic feature requirement backlog_item user_story task",
    catenative: "want wants need needs like able way ways option options ability possibility possible have has had allow allows allowed enable enables ask asks invite invites tell remind require required expected how what where when whether right permission going used easy ready button link \
choice opportunity chance access subject up due next back according related similar prior respond reply contribute subscribe add assign attach apply send belong go get respect addition order permission rights tool tools prompt reminder request expects expect let lets help helps want wish free easier hard force forces teach learn forget try tries manage fail decide decides plan plans agree intend hope able",
    benefits: "save avoid ensure reduce improve find keep know understand stay prevent increase make help track verify prepare see decide learn stop protect get minimise minimize maximise maximize be check identify compare gain meet comply plan enable support allow monitor measure detect simplify speed become remember choose maintain have show prove spot",
};

pub(super) const MARKERS: &[Marker] = &[
    Marker(Role, "as_a"),
    Marker(Role, "as_an"),
    Marker(Role, "as_the"),
    Marker(Role, "as_our"),
    Marker(Role, "as_one_of_the"),
    Marker(Role, "as_any"),
    Marker(Role, "as_every"),
    Marker(Role, "asa"),
    Marker(Role, "as-a"),
    Marker(Role, "as_am"),
    Marker(Role, "ass_a"),
    Marker(Role, "as_s_a"),
    Marker(Role, "in_my_role_as"),
    Marker(Role, "in_the_role_of"),
    Marker(Role, "acting_as"),
    Marker(Role, "being_a"),
    Marker(Role, "being_an"),
    Marker(Role, "i_am_a"),
    Marker(Role, "i_am_an"),
    Marker(Role, "i'm_a"),
    Marker(Role, "i'm_an"),
    Marker(RoleStart, "as"),
    Marker(RoleStart, "for_a"),
    Marker(RoleStart, "for_an"),
    Marker(RoleStart, "being"),
    Marker(RoleStart, "like_a"),
    Marker(RoleStart, "like_an"),
    Marker(Want, "i_want_to_be_able_to"),
    Marker(Need, "i_need_to_be_able_to"),
    Marker(WouldLike, "i_would_like_to_be_able_to"),
    Marker(WouldLike, "i'd_like_to_be_able_to"),
    Marker(Want, "i_want_to"),
    Marker(Want, "i_want"),
    Marker(Want, "i_wants_to"),
    Marker(Want, "i_wants"),
    Marker(Want, "i_wanna"),
    Marker(Want, "i_wan_to"),
    Marker(Want, "i_wnat_to"),
    Marker(Want, "i_wnat"),
    Marker(Want, "i_wan't_to"),
    Marker(Want, "i_wish_to_want"),
    Marker(Want, "iwant_to"),
    Marker(Want, "iwant"),
    Marker(Want, "i_do_not_want"),
    Marker(Want, "i_don't_want"),
    Marker(Want, "i_dont_want"),
    Marker(Want, "i_also_want_to"),
    Marker(Want, "i_also_want"),
    Marker(Want, "i_really_want_to"),
    Marker(Want, "we_want_to"),
    Marker(Want, "we_want"),
    Marker(Want, "i_just_want_to"),
    Marker(Want, "i_only_want_to"),
    Marker(Want, "i_always_want_to"),
    Marker(WouldLike, "i'd_like_to"),
    Marker(WouldLike, "i'd_like"),
    Marker(WouldLike, "i_would_like_to"),
    Marker(WouldLike, "i_would_like"),
    Marker(WouldLike, "id_like_to"),
    Marker(WouldLike, "i'd_love_to"),
    Marker(WouldLike, "i'd_love"),
    Marker(WouldLike, "i_would_love_to"),
    Marker(WouldLike, "i_would_love"),
    Marker(WouldLike, "i'd_also_like_to"),
    Marker(WouldLike, "we_would_like_to"),
    Marker(WouldLike, "we'd_like_to"),
    Marker(WouldLike, "i'd_prefer_to"),
    Marker(WouldLike, "i_would_prefer_to"),
    Marker(WouldLike, "i_should_like_to"),
    Marker(WouldLike, "i'd_rather"),
    Marker(WouldLike, "i'd_want_to"),
    Marker(WouldLike, "i'd_appreciate"),
    Marker(Wish, "i_wish_to"),
    Marker(Wish, "i_wish"),
    Marker(Wish, "i_hope_to"),
    Marker(Wish, "i_prefer_to"),
    Marker(Wish, "i_prefer"),
    Marker(Wish, "i_expect_to"),
    Marker(Wish, "i_expect"),
    Marker(Wish, "i_intend_to"),
    Marker(Wish, "i_desire_to"),
    Marker(Wish, "i'm_looking_to"),
    Marker(Wish, "i_like_to"),
    Marker(Need, "i_need_to"),
    Marker(Need, "i_need"),
    Marker(Need, "i_require"),
    Marker(Need, "we_need_to"),
    Marker(Need, "we_need"),
    Marker(Need, "i_also_need_to"),
    Marker(Need, "my_goal_is_to"),
    Marker(Need, "i_needs_to"),
    Marker(Need, "what_i_need_is"),
    Marker(Need, "what_i_want_is"),
    Marker(Can, "i_can"),
    Marker(Can, "i_could"),
    Marker(Can, "i_am_able_to"),
    Marker(Can, "i'm_able_to"),
    Marker(Can, "im_able_to"),
    Marker(Can, "i_should_be_able_to"),
    Marker(Can, "i_must_be_able_to"),
    Marker(Can, "i_shall_be_able_to"),
    Marker(Can, "i_will_be_able_to"),
    Marker(Can, "i_may"),
    Marker(Can, "we_can"),
    Marker(Can, "i_have_the_ability_to"),
    Marker(Can, "i_have_the_option_to"),
    Marker(Can, "i_am_allowed_to"),
    Marker(Can, "i_get_to"),
    Marker(Must, "i_must"),
    Marker(Must, "i_have_to"),
    Marker(Must, "i_should"),
    Marker(Must, "i_will"),
    Marker(Must, "i_shall"),
    Marker(Must, "i'll"),
    Marker(Must, "we_must"),
    Marker(Must, "we_should"),
    Marker(Bare, "want_to"),
    Marker(Bare, "wants_to"),
    Marker(Bare, "want"),
    Marker(Bare, "wants"),
    Marker(Bare, "would_like_to"),
    Marker(Bare, "would_like"),
    Marker(Bare, "needs_to"),
    Marker(Bare, "need_to"),
    Marker(Bare, "need"),
    Marker(Bare, "needs"),
    Marker(Bare, "should_be_able_to"),
    Marker(Bare, "must_be_able_to"),
    Marker(Bare, "shall_be_able_to"),
    Marker(Bare, "can"),
    Marker(Bare, "is_able_to"),
    Marker(Bare, "are_able_to"),
    Marker(Bare, "be_able_to"),
    Marker(Bare, "wish_to"),
    Marker(Bare, "wishes_to"),
    Marker(Bare, "expects_to"),
    Marker(Bare, "must"),
    Marker(Bare, "should"),
    Marker(Bare, "shall"),
    Marker(Bare, "may"),
    Marker(Bare, "will"),
    Marker(Bare, "wanna"),
    Marker(Bare, "has_to"),
    Marker(Bare, "have_to"),
    Marker(Bare, "could"),
    Marker(SoThat, "so_that"),
    Marker(SoThat, "so_thay"),
    Marker(SoThat, "so_taht"),
    Marker(SoThat, "sothat"),
    Marker(SoThat, "such_that"),
    Marker(So, "so"),
    Marker(SoThat, "and_so"),
    Marker(InOrder, "in_order_to"),
    Marker(InOrder, "in_order_that"),
    Marker(InOrder, "in_order_for"),
    Marker(InOrder, "inorder_to"),
    Marker(InOrder, "in_oder_to"),
    Marker(InOrder, "so_as_to"),
    Marker(InOrder, "so_as_not_to"),
    Marker(InOrder, "with_the_aim_of"),
    Marker(InOrder, "with_the_goal_of"),
    Marker(InOrder, "for_the_purpose_of"),
    Marker(InOrder, "to_be_able_to"),
    Marker(Because, "because"),
    Marker(Because, "thereby"),
    Marker(Because, "which_allows_me"),
    Marker(Because, "which_lets_me"),
    Marker(Because, "which_helps_me"),
    Marker(Because, "which_will_help"),
    Marker(Because, "that_way"),
    Marker(Because, "this_way"),
    Marker(Because, "allowing_me_to"),
    Marker(Because, "enabling_me_to"),
    Marker(Because, "helping_me_to"),
    Marker(Because, "that_would_allow_me"),
    Marker(Because, "since_i"),
    Marker(Because, "since_we"),
    Marker(Because, "since_they"),
    Marker(Because, "therefore_i"),
    Marker(Because, "this_will_help"),
    Marker(Because, "this_allows"),
    Marker(Because, "which_means"),
];
