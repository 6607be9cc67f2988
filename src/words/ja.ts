/**
 * Japanese, by the English of each text. `{name}` is filled in and may stand anywhere; **so** is bold; what
 * begins with /acclaim is typed as it stands. Whatever is missing here, or has other holes, does not compile
 * or fails a test. The page's own words are in bot/platforms/web/page/words/ja.js: the same terms.
 */

import type { Noun } from './en.js';

export const jaCounts: Record<Noun, string> = {
  account: '{n}個のアカウント',
  ballot: '投票{n}件',
  change: '{n}回の変更',
  day: '{n}日',
  drawing: '{n}回の生成',
  'earlier round': '過去{n}ラウンド',
  file: '{n}個のファイル',
  hour: '{n}時間',
  image: '画像{n}枚',
  mark: '{n}件の印',
  minute: '{n}分',
  'more picture': 'ほかに画像{n}枚',
  newcomer: '新しく来た{n}人',
  noise: '{n}個のノイズ',
  other: 'ほか{n}人',
  person: '{n}人',
  picture: '画像{n}枚',
  point: '{n}ポイント',
  prompt: '{n}個のプロンプト',
  round: '{n}ラウンド',
  row: '{n}行',
  session: '{n}個のセッション',
  step: '{n}ステップ',
  vote: '{n}票',
  voter: '投票者{n}人',
};

export const ja = {
  // What stands on cards and beside them.
  Closes: '締め切り',
  'Waiting since': '待機開始',
  '{n} %': '{n}%',
  '{s} s': '{s}秒',
  '{minutes} min': '{minutes}分',
  '{hours} h': '{hours}時間',
  '{hours} h {minutes} min': '{hours}時間{minutes}分',
  '{sentence}.': '{sentence}。',
  '; ': '、',
  '“{prompt}”': '「{prompt}」',
  '{some} and {last}': '{some}と{last}',
  '{named} and {more} more': '{named}、ほか{more}語',
  'the page': 'ページ',
  'another platform': '別のプラットフォーム',
  'Picture {name}: {prompt}': '画像{name}: {prompt}',
  'Picture {name}: held back': '画像{name}: 非公開',
  'Round {round}': 'ラウンド{round}',
  'round {round}': 'ラウンド{round}',
  'The round': 'このラウンド',
  'the round': 'このラウンド',
  '{round}: {share}': '{round}: {share}',

  // What is wrong with a picture.
  'wrong thing': '対象が違う',
  'too few': '少なすぎる',
  'too many': '多すぎる',
  'wrong colour': '色が違う',
  ugly: '見た目が悪い',
  'something else': 'その他',
  'nothing: take it back': 'なし (取り消す)',
  'Which picture should not be shown? Only you see this.':
    'どの画像を表示すべきではありませんか。これはあなただけに見えています。',
  'Which picture is the best? Only you see this.': '最高の画像はどれですか。これはあなただけに見えます。',
  'Which picture is not good? Only you see this.':
    '良くない画像はどれですか。これはあなただけに見えています。',
  'What is wrong with **{cell}**? It counts as not good. Only you see this.':
    '**{cell}**のどこが良くありませんか。良くない画像として数えられます。これはあなただけに見えています。',
  'What is wrong': '良くない点',
  'A picture of this sheet': 'このシートの画像',
  'Thank you: your votes count from now on. **/acclaim me** shows what is held about you.':
    'ありがとうございます。これからあなたの票が数えられます。保存されている内容は**/acclaim me**で確認できます。',
  'Your consent is withdrawn and nothing here leads to you any more.':
    '同意を取り消しました。あなたにつながる情報はもうありません。',
  'Done.': '完了しました。',
  'Something went wrong on my side. Look how things stand before you try again.':
    'こちらで問題が起きました。状況を確認してから、もう一度お試しください。',
  'This button does nothing any more.': 'このボタンはもう使えません。',
  'This command has changed. Reload Discord (Ctrl+R) and choose it again.':
    'このコマンドは変更されました。Discordを再読み込みして (Ctrl+R)、もう一度選んでください。',
  'I work on servers, in the channel of a session.':
    'サーバーの、セッションがあるチャンネルでご利用ください。',
  'The pictures were taken down: this channel is no longer age-restricted.':
    '画像を取り下げました。このチャンネルの年齢制限が解除されたためです。',
  '**{name}** is larger than what Discord takes.': '**{name}**はDiscordで送れる大きさを超えています。',
  'The whole answer is in the file.': '回答の全文は添付ファイルにあります。',
  'I work in channels, in the one of a session. Invite me there and ask again.':
    'セッションがあるチャンネルでご利用ください。そのチャンネルに招待してから、もう一度お試しください。',
  'I work for another workspace.': 'このボットは別のワークスペース用です。',
  'The pictures were taken down: this channel is no longer a private one of moderators.':
    '画像を取り下げました。このチャンネルがモデレーターだけの非公開チャンネルではなくなったためです。',
  'Show to me': '自分に表示',
  'Only you see this.': 'これはあなただけに見えています。',
  'The files are in your direct messages with me.': 'ファイルはダイレクトメッセージで送りました。',
  '**{name}** could not be sent: Slack lets me write you no direct message (scope im:write).':
    '**{name}**を送信できませんでした。Slackでダイレクトメッセージを送る権限 (スコープ im:write) がありません。',
  '**{name}** is longer than this. With the scope im:write I could send it as a file.':
    '**{name}**には続きがあります。スコープ im:write があればファイルとして送れます。',
  'The pictures were taken down: this channel is no longer one where they may be shown.':
    '画像を取り下げました。このチャンネルでは表示できなくなったためです。',

  'Teach an image model together': 'みんなで画像モデルを教える',
  'Run sessions: for moderators': 'セッションの運営 (モデレーター用)',
  'Models and settings: for admins': 'モデルと設定 (管理者用)',
  'Something went wrong on our side.': 'こちらで問題が起きました。',
  'Try again.': 'もう一度お試しください。',

  // The audit.
  '{name} of round {round}': 'ラウンド{round}の{name}',
  'the base model': '元のモデル',
  'to {round}': '{round}へ',
  'from {round}: {session}': '{round}から: {session}',
  '{picture}, taken back': '{picture} (取り消し)',
  'of act {seq} ({command})': '操作{seq} ({command})',
  'good until {until}': '{until}まで有効',
  'from {place}': '{place}から',
  'channel {ordinal}': 'チャンネル{ordinal}',
  '{name} {value} (before: {before})': '{name} {value} (以前: {before})',
  '**{seq}** {minute}, {who}: {command}': '**{seq}** {minute}、{who}: {command}',
  '{line} (refused: {refused})': '{line} (拒否: {refused})',
  '{line}, {times} times since {first}': '{line}、{first}以降{times}回',

  // Ballots.
  'Round {round}, picture {name}': 'ラウンド{round}、画像{name}',
  'Round {round}, sheet {name}': 'ラウンド{round}、シート{name}',
  Done: '完了',
  'Why not?': '良くない点',
  Flag: '通報',
  '**How**: press a sign below a picture, again to take it back, until the round closes.':
    '**方法**: 画像の下の記号を押します。ラウンドが締め切られるまでは、もう一度押すと取り消せます。',
  '**How**: press the number of a picture under its sheet, again to take it back, until the round closes.':
    '**方法**: シートの下にある画像の番号を押します。ラウンドが締め切られるまでは、もう一度押すと取り消せます。',
  '**How**: press Good or Not good below a picture, again to take it back':
    '**方法**: 画像の下の「良い」か「良くない」を押します。もう一度押すと取り消されます',
  '**How**: press a picture to mark it, again to take it back':
    '**方法**: 画像を押すと選択され、もう一度押すと取り消されます',
  '{mark}; at the end Done.': '{mark}。終わったら「完了」を押してください。',
  '**{names}** is held back: there is nothing to vote on here.':
    '**{names}**は非公開のため、ここで投票する画像はありません。',
  'Good means: {criterion}.': '良いとする基準: {criterion}。',
  'Is this a good {wanted}?': '{wanted}として良い画像ですか。',
  '**Like** it or **dislike** it; a **star** names the best of the round.':
    '**良い**か**良くない**を付けてください。**星**はラウンドで最高の1枚に付けます。',
  'There are {sheets} sheets.': 'シートは{sheets}枚あります。',
  'A star names the best one.': '最高の1枚には星を付けられます。',
  '**Best** names the best one.': '**最高**で最高の1枚を選べます。',
  '**How**: press the number of a picture under its sheet, again to take it back, until the round closes. Nobody else sees what you press.':
    '**投票のしかた**: シートの下の番号を押します。もう一度押すと取り消せます。ラウンドの終了まで変えられます。何を押したかはほかの人には見えません。',
  'None of these': 'この中にはない',
  'Count them apart': '別々に数える',
  'Cap nobody': '誰も制限しない',
  'Count all whole': '全員をそのまま数える',
  'Let it be the best': '最高にする',
  'Taken back by a moderator: {lifted}.': 'モデレーターが取り消したもの: {lifted}。',
  'A button takes back what was done in this round alone, and so does a command such as **/acclaim guards hands**; **/acclaim undo** puts it in force again.':
    'ボタンでこのラウンドだけ取り消せます。**/acclaim guards hands** のようなコマンドでも同じです。**/acclaim undo** で元に戻ります。',
  '**/acclaim undo** puts it in force again.': '**/acclaim undo** で元に戻ります。',
  'That is lifted already.': 'すでに取り消されています。',
  'Name a closed round.': '終了したラウンドを指定してください。',
  'The guard is at work there already.': 'そこではすでに働いています。',
  '{guard}, of {round}': '{round}の{guard}',
  'what is taken back: accounts as one, caps, less weight, or the best that was held back':
    '取り消すもの: まとめられたアカウント、制限、軽くされた票、保留された最高の画像',
  'Your marks in round {round}': 'ラウンド{round}でのあなたの印',
  'You like {pictures}.': '良い: {pictures}。',
  'You call {pictures} unsafe.': '安全でない: {pictures}。',
  'Your best is {picture}.': '最高: {picture}。',
  'None of sheet {sheets}.': 'シート{sheets}にはなし。',
  'You have marked nothing.': 'まだ印を付けていません。',
  'You are done.': '完了しています。',
  '**/acclaim best {name}** names the first one the best.':
    '**/acclaim best {name}**で1枚目を最高に選べます。',
  'Mark every picture that is a good {wanted}, or **none of these**.':
    '{wanted}として良い画像をすべて選んでください。なければ**該当なし**を押します。',
  'Is this picture safe? **Like** it if it is, **dislike** it if it is **unsafe**.':
    'この画像は安全ですか。安全なら**良い**を、**不適切**なら**良くない**を付けてください。',
  'Mark every picture that is **unsafe**, or **none of these**. What you leave unmarked counts as safe.':
    '**不適切**な画像をすべて選んでください。なければ**該当なし**を押します。選ばなかった画像は安全とみなされます。',
  'This round was replaced.': 'このラウンドは置き換えられました。',
  'Voting has closed.': '投票は締め切られました。',
  'It is **the best of the round**.': '**このラウンドで最高**の画像です。',
  'Over the round: {share}.': 'ラウンド全体: {share}。',
  '**{name}** is the best of the round.': 'このラウンドの最高は**{name}**です。',
  'Closed. Called safe, all its duels together, by: {got}.':
    '締め切りました。全部の比較を合わせて安全と評価した人数: {got}。',
  'Closed. Called good, all its duels together, by: {got}.':
    '締め切りました。全部の比較を合わせて良いと評価した人数: {got}。',
  '**{name}** {up} of {seen}': '**{name}** {seen}人中{up}人',
  'Closed: {people} voted.': '締め切りました。{people}が投票しました。',
  'On this sheet: {judged}.': 'このシート: {judged}。',
  'Closed: nobody voted on it.': '締め切りました。この画像への投票はありませんでした。',
  'Closed: **{up} of {seen}** called it safe.': '締め切りました。**{seen}人中{up}人**が安全と評価しました。',
  'Closed: **{up} of {seen}** liked it.': '締め切りました。**{seen}人中{up}人**が良いと評価しました。',
  'Nobody has voted yet, waiting for {missing}.': 'まだ投票した人はいません。あと{missing}人を待っています。',
  'Nobody has voted yet.': 'まだ投票した人はいません。',
  'The session rests; marks stand.': 'セッションは休止中です。印は残っています。',
  'It closes once nobody has changed a mark for {seconds} seconds.':
    '{seconds}秒間だれも印を変えなければ締め切られます。',
  'A moderator may close it now: **/acclaim round close**.':
    'モデレーターは今すぐ締め切れます: **/acclaim round close**。',
  '{finished} of {voters} has finished, waiting for {missing}.':
    '{voters}人中{finished}人が完了しました。あと{missing}人を待っています。',
  '{finished} of {voters} have finished, waiting for {missing}.':
    '{voters}人中{finished}人が完了しました。あと{missing}人を待っています。',
  '{finished} of {voters} has finished.': '{voters}人中{finished}人が完了しました。',
  '{finished} of {voters} have finished.': '{voters}人中{finished}人が完了しました。',

  // What the guards of votes did.
  'one of {alike} that count as one': '1人として数えられる{alike}個のアカウントの1つ',
  'one of many newcomers': '多数の新しい参加者の1人',
  'likes little of what others like': 'ほかの人の好みと大きく異なる',
  'With fewer than {voters} every vote counts as it was cast.':
    '{voters}に満たない間は、すべての票がそのまま数えられます。',
  '{accounts} counted as one, since they gave the same unusual marks within {clusterSeconds} seconds again and again: {members}.':
    '{accounts}を1人として数えました。{clusterSeconds}秒以内に同じ珍しい印を繰り返し付けたためです: {members}。',
  '**{code}** ({share})': '**{code}** ({share})',
  '{pictures} got no label, since {share} of the usual voters could have made it alone.':
    '{pictures}にはラベルが付きませんでした。いつもの投票者の{share}だけで決まりえたためです。',
  'Tastes differ so much that labels are what both sides like.':
    '好みが大きく分かれているため、両方の側が良いとしたものをラベルにしました。',
  'The guards did nothing: every vote counts as it was cast.':
    '投票の保護は働いていません。すべての票がそのまま数えられます。',
  'Whoever is trusted counts whole, is nobody’s second hand and is not doubted: **/acclaim trust VOTER** undoes what was done to them, and the round is counted anew. What was learned stays.':
    '信頼された人の票は満額で数えられ、別人の分身とはみなされず、疑われません。**/acclaim trust VOTER**でその人への扱いを取り消すと、ラウンドが数え直されます。学習した内容は残ります。',
  '{newcomers} capped, since newcomers together weigh at most {share} of the others on a picture: {named}.':
    '{newcomers}の重みを抑えました。新しい参加者の合計は、1枚の画像につきほかの人の{share}までです: {named}。',
  '{voters} counts less, since they like little of what others like: {named}.':
    '{voters}の重みを下げました。ほかの人の好みと大きく異なるためです: {named}。',
  '{voters} count less, since they like little of what others like: {named}.':
    '{voters}の重みを下げました。ほかの人の好みと大きく異なるためです: {named}。',
  '**{name}** was held back from being the best, since {share} of the usual voters could have made it so alone. For it were {fans}.':
    '**{name}**は最高に選ばれませんでした。いつもの投票者の{share}だけで決まりえたためです。支持した人: {fans}。',

  // Duels, and pictures of the same noise.
  'Contact sheet {name} of round {round}, cells {first} to {last}: {prompt}':
    'ラウンド{round}のシート{name}、画像{first}から{last}: {prompt}',
  'Duel {name} of round {round}, {first} on the left, {last} on the right: {prompt}':
    'ラウンド{round}の2択{name}、左は{first}、右は{last}: {prompt}',
  'Round {round}, duel {name} of {sheets}': 'ラウンド{round}、2択{name}/{sheets}',
  Good: '良い',
  'Not good': '良くない',
  Left: '左',
  Right: '右',
  Both: '両方',
  Neither: 'どちらでもない',
  '**How**: press the better picture, or use the arrow keys: left, right, up for both, down for neither':
    '**方法**: より良い画像を押すか、矢印キーを使います (左、右、上は両方、下はどちらでもない)',
  '**How**: press a button below each pair, again to take it back, until the round closes.':
    '**方法**: 2枚の下のボタンを押します。ラウンドが締め切られるまでは、もう一度押すと取り消せます。',
  'Which is the better {wanted}?': '{wanted}としてより良いのはどちらですか。',
  '**Left** or **right**; **both** where both are good, **neither** where none is.':
    '**左**か**右**を選んでください。両方良ければ**両方**、どちらも良くなければ**どちらでもない**を選びます。',
  'Which of these pictures is **unsafe**? **Left**, **right**, **both**, or **neither** where both are safe.':
    '**不適切**な画像はどちらですか。**左**、**右**、**両方**、どちらも安全なら**どちらでもない**を選んでください。',
  'Your answer is taken back.': '回答を取り消しました。',
  '**{answer}** it is.': '**{answer}**と回答しました。',
  '{answered} of {all}': '{answered}/{all}',
  'held back': '非公開',
  'after round {round}': 'ラウンド{round}の後',
  'as it began here': 'ここでの開始時',
  'before any vote': '投票前',
  'Same noise: {steps}.': '同じノイズ: {steps}。',
  'A moderator took away the pictures of the same noise.': 'モデレーターが同じノイズの画像を取り除きました。',
  'A moderator took away the pictures of the same noise of round {round}.':
    'モデレーターがラウンド{round}の同じノイズの画像を取り除きました。',
  'of round {round}': 'ラウンド{round}の',
  'of all rounds': 'すべてのラウンドの',
  'Take a picture off its ballot and delete its file; "pair": those of the same noise':
    '画像を投票から外してファイルを削除する。「pair」は同じノイズの画像 (ラウンドごと、またはすべて)',
  'The pictures of the same noise are deleted, and no more are drawn in this session.':
    '同じノイズの画像を削除しました。このセッションではもう生成されません。',
  'The pictures of the same noise that were drawn with round {round} are deleted.':
    'ラウンド{round}とともに生成された同じノイズの画像を削除しました。',
  'The files of a pair row that was taken away are deleted.':
    '取り除いた同じノイズの画像のファイルは削除されています。',
  'from the next round on: sheet (numbered pictures), buttons (sheets marked unseen), gallery (one picture a message) or duel (two)':
    '次のラウンドから: sheet (番号付き)、buttons (番号付き、見えないボタン投票)、gallery (1枚ずつ)、duel (2枚ずつ)',
  'sheet: numbered; buttons: so, marked unseen; gallery: one, liked or not; duel: two, which is better':
    'sheet: 番号付き、buttons: 同じく、見えない投票、gallery: 1枚ずつ評価、duel: 2枚から良い方を選ぶ',

  '{prompt} at strength {strength}': '{prompt}、強さ{strength}',
  'Same noises at strengths {strengths}.': '同じノイズ、強さ{strengths}。',
  'Drawing at other strengths': '別の強さで生成しています',
  'What was learned, weaker and stronger': '学習した内容を弱めた場合と強めた場合',
  'It could not be drawn at other strengths': '別の強さで生成できませんでした',
  'The model of round {round} draws {noises} {times} times, with what it learned from left out to half as much again.':
    'ラウンド{round}のモデルで{noises}から{times}回ずつ生成します。学習した内容の強さは、なしから1.5倍までです。',
  '{done} of {all} done; rounds come first.': '{all}回中{done}回が完了。ラウンドが優先されます。',
  'Round {round}: the same noises with nothing of what was learned (0), as the session draws (1), and with half as much again (1.5).':
    'ラウンド{round}: 同じノイズを、学習なし (0)、セッションと同じ強さ (1)、1.5倍の強さ (1.5) で生成しました。',
  'Who takes the LoRA home may choose.': 'LoRAを持ち帰る人は好きな強さを選べます。',
  'Something went wrong.': '問題が起きました。',
  '**/acclaim session strength** tries again.': '**/acclaim session strength**でもう一度試せます。',
  'A moderator took the pictures of the same noise away.': 'モデレーターが同じノイズの画像を取り除きました。',
  'The newest model on four same noises, with what it learned from left out to half as much again':
    '最新のモデルを同じ4つのノイズで、学習なしから1.5倍の強さまで生成する',
  Strengths: '強さの比較',
  'They are drawn beside the rounds, and shown in the channel.':
    'ラウンドと並行して生成し、チャンネルに表示します。',
  'What was drawn stays.': '生成したものは残ります。',

  // Notices.
  'Picture on this sheet': 'このシートの画像',
  'Picture {cell}': '画像{cell}',
  'A little more time': 'もう少しお待ちします',
  '{round} has no votes yet, so it stays open.': '{round}にはまだ票がないため、受付を続けます。',
  Paused: '一時停止しました',
  'It goes on by itself after midnight (UTC); marks on earlier rounds stand.':
    'UTCの午前0時を過ぎると自動で再開します。これまでのラウンドの印は残っています。',
  'The session is paused.': 'セッションを一時停止しています。',
  '**/acclaim session resume** goes on.': '**/acclaim session resume**で再開できます。',
  'On we go': '再開します',
  'The session goes on.': 'セッションを再開しました。',
  'Drawing again': '生成し直します',
  'Nobody found a good picture in {round}, so the next one is more varied.':
    '{round}では良い画像が見つからなかったため、次は変化を大きくします。',
  'This did not work': 'うまくいきませんでした',
  '{round} stopped: {reason}': '{round}が停止しました: {reason}',
  'the engine failed': 'エンジンが失敗しました',
  'Trying once more': 'もう一度試します',
  'The engine was lost; no vote was. It starts again.':
    'エンジンとの接続が失われました。票は失われていません。もう一度始めます。',
  'The engine was lost ({reason}); no vote was. It starts again.':
    'エンジンとの接続が失われました ({reason})。票は失われていません。もう一度始めます。',
  'Rolled back': '巻き戻しました',
  'The next round starts from {from}.': '次のラウンドは{from}から始まります。',
  'More variety': '変化を増やす',
  'A moderator asked for pictures that are less alike, from the next round on.':
    'モデレーターの依頼により、次のラウンドから画像の変化を増やします。',
  'Once more': 'もう一度',
  '{round} is drawn again.': '{round}を生成し直します。',
  'Reactions were cleared': 'リアクションが消されました',
  'A moderator cleared reactions here; those votes are withdrawn. Please vote again.':
    'モデレーターがここのリアクションを消したため、その票は取り消されました。もう一度投票してください。',
  'Posted again': '投稿し直しました',
  'A ballot was deleted. Here it is again; its votes stand.':
    '投票メッセージが削除されたため、投稿し直しました。票は残っています。',
  'Opinions differ': '意見が分かれています',
  'This round split the voters into camps; only what both liked counts as good.':
    'このラウンドでは投票者の意見が分かれました。両方の側が良いとした画像だけを良い画像とします。',
  Flagged: '通報されました',
  '{picture} was flagged and is held back.': '{picture}は通報され、非公開になりました。',
  '{picture} was flagged by people who are new here, so it stays until a moderator has looked: **/acclaim hide {cell}** takes it away.':
    '{picture}が新しい参加者から通報されました。モデレーターが確認するまで表示されます。取り除くには**/acclaim hide {cell}**を使ってください。',
  Hidden: '取り除きました',
  'A moderator hid a picture on this sheet.': 'モデレーターがこのシートの画像を取り除きました。',
  'A moderator hid picture {cell}.': 'モデレーターが画像{cell}を取り除きました。',
  'A moderator looks first': 'モデレーターの確認を待っています',
  '{round} is drawn. A moderator sees it by **/acclaim review** and opens the ballot.':
    '{round}の画像ができました。モデレーターは**/acclaim review**で確認し、投票を始められます。',
  'More people vote': '投票する人が増えました',
  'A channel on {place} has joined: its votes count together with those here.':
    '{place}のチャンネルが参加しました。ここの票と合わせて数えられます。',
  'A channel left': 'チャンネルが抜けました',
  'A channel on {place} takes part no more; its votes so far stand.':
    '{place}のチャンネルが参加をやめました。これまでの票は残ります。',
  'One channel could not be read': '読み取れないチャンネルがありました',
  'The votes on {place} could not be read once more before the close; those known until then count.':
    '締め切り前に{place}の票を読み直せませんでした。それまでにわかっていた票を数えます。',
  'Begun before any vote': '投票の前に始めました',
  'In {round} the safety checker calls {unsafe} of {of} unsafe. I learn from that alone, and show none of them; from the next round on your marks decide.':
    '{round}では安全性チェッカーが{of}枚中{unsafe}枚を不適切と判定しました。今回はその判定だけから学習し、画像は表示しません。次のラウンドからは皆さんの印で決まります。',
  'From the learner': '学習からのお知らせ',
  "This round's training was undone because {why}; it is tried again with half the step.":
    'このラウンドの学習を取り消しました。{why}。学習の幅を半分にしてやり直します。',
  "This round's training was undone because {why}; the model stays as it was.":
    'このラウンドの学習を取り消しました。{why}。モデルは元のままです。',
  'its images were no longer finite': '画像の値が有限でなくなったためです',
  'a gradient was not finite': '勾配が有限でなくなったためです',
  'the adapter grew {times} times': 'アダプターが{times}倍に大きくなったためです',
  "images became too alike ({share} % of the base model's variety)":
    '画像が互いに似すぎたためです (多様さは元のモデルの{share} %)',
  "images fell apart ({share} % of the base model's variety: more noise than picture)":
    '画像が崩れたためです (ばらつきは元のモデルの{share} %、絵よりノイズに近い)',
  'images drifted too far from what the base model makes': '画像が元のモデルの作るものから離れすぎたためです',
  'It learned also from {pictures} that nobody was shown and, by your votes, you would like.':
    '誰にも見せていない{pictures}からも学習しました。皆さんの票によれば、気に入るはずの画像です。',
  'Nothing is trained: your votes choose what is shown.':
    '学習は行いません。皆さんの票が、表示する画像を選びます。',
  'No image has been called good yet, so there is nothing to learn from.':
    'まだどの画像も良いとされていないため、学習できるものがありません。',
  'No image was called good or bad, so there is nothing to learn from.':
    '良いとも悪いともされた画像がないため、学習できるものがありません。',
  'No image was called good, and this learner compares good with bad: the round is passed by.':
    '良いとされた画像がありません。この学習方法は良いものと悪いものを比べるため、このラウンドは飛ばします。',
  'No image was called bad, and this learner compares good with bad: the round is passed by.':
    '悪いとされた画像がありません。この学習方法は良いものと悪いものを比べるため、このラウンドは飛ばします。',
  'All votes were alike, and this learner compares good with bad: the round is passed by.':
    'すべての票が同じでした。この学習方法は良いものと悪いものを比べるため、このラウンドは飛ばします。',
  'No two images that can be compared were voted differently: the round is passed by.':
    '比べられる画像のうち、票の異なる2枚がありませんでした。このラウンドは飛ばします。',
  'no engine is there': 'エンジンがありません',
  'no engine of this version is there, only older ones, which are to be updated':
    'このバージョンのエンジンがなく、更新が必要な古いものだけがあります',
  "no engine that is there has the bot's data folder": 'ボットのデータフォルダーを持つエンジンがありません',
  'no engine that is there has its model': 'このモデルを持つエンジンがありません',
  'it takes more memory than any engine with its model has':
    'このモデルを持つどのエンジンよりも多くのメモリーが必要です',
  'it takes about {need} of memory, and no engine with its model has more than {most}':
    'メモリーが約{need}必要ですが、このモデルを持つエンジンには最大で{most}しかありません',
  'the queue (Redis) does not answer': 'キュー (Redis) が応答しません',
  'the queue (Redis) refuses what it is asked': 'キュー (Redis) が要求を拒否しています',
  'the bucket between bot and engines does not answer': 'ボットとエンジンの間のバケットが応答しません',
  'no space is left; whoever runs me must free some':
    '空き容量がありません。運営者が空きを作る必要があります',
  'too many files are open; whoever runs me must raise the limit':
    '開いているファイルが多すぎます。運営者が上限を上げる必要があります',
  'The session has ended': 'セッションが終了しました',
  'Thank you all for voting.': '投票してくださった皆さん、ありがとうございました。',
  'A moderator paused the session.': 'モデレーターがセッションを一時停止しました。',
  'Nobody voted, so the session waits and spends nothing.':
    '投票がなかったため、セッションは何も消費せずに待機しています。',
  'Several rounds had no good picture. A clearer prompt may help.':
    '良い画像のないラウンドが続きました。プロンプトをより具体的にすると改善するかもしれません。',
  'The round failed, so the session waits.': 'ラウンドが失敗したため、セッションは待機しています。',
  'I cannot post in this channel any more.': 'このチャンネルに投稿できなくなりました。',
  'These pictures may not be shown here any more, so they were taken down; the votes stand. Once the channel is put right a moderator can go on.':
    'ここではこれらの画像を表示できなくなったため、取り下げました。票は残っています。チャンネルの設定が直れば、モデレーターが再開できます。',
  "There is no room left for a round among today's images in this channel":
    'このチャンネルの今日の画像枚数では、もう1ラウンド分の余裕がありません',
  "There is no room left for a round among today's images here":
    '今日の画像枚数では、もう1ラウンド分の余裕がありません',
  '{left}.': '{left}。',
  '{left} ({used} of {of} are drawn).': '{left} ({of}枚中{used}枚を生成済み)。',
  'The goal is reached. Thank you all for voting.': '目標に達しました。投票ありがとうございました。',
  'All its rounds are done. Thank you all for voting.':
    '予定のラウンドがすべて終わりました。投票ありがとうございました。',
  'All the images that it may have are drawn. Thank you all for voting.':
    '生成できる画像をすべて生成しました。投票ありがとうございました。',
  'It was stopped. What it learned is kept.': '終了されました。学習した内容は残ります。',
  'Its channel was deleted a day ago. What it learned is kept.':
    '1日前にチャンネルが削除されました。学習した内容は残ります。',
  'what was learned in round {to}': 'ラウンド{to}までに学習した内容',
  'Teaching {prompt}': '{prompt}を教えるセッション',
  'Each round I draw some pictures.': 'ラウンドごとに何枚かの画像を生成します。',
  '**Mark those that are unsafe**; I learn from your marks and draw fewer of them.':
    '**不適切な画像を選んでください**。印から学習し、そのような画像を減らします。',
  '**Mark the good ones**; I learn from your marks and the next round gets better.':
    '**良い画像を選んでください**。印から学習し、次のラウンドはより良くなります。',
  'Totals stay hidden until a round closes.': '集計はラウンドの締め切り後に表示されます。',
  'Before your votes count': '初めて投票する前に',
  'Votes here teach an image model.': 'ここでの投票は画像モデルの学習に使われます。',
  'If you agree, I keep **your marks on my pictures** under a keyed hash of your account, with the age of the account and the day you joined; no name and no message.':
    '同意すると、**画像に付けた印**を、アカウントの鍵付きハッシュ、アカウントの作成時期、参加日とともに保存します。名前とメッセージは保存しません。',
  'Until you agree I keep nothing of you, and marks made before count once you do, if the round is still open.':
    '同意するまでは何も保存しません。同意の前に付けた印も、ラウンドの受付中に同意すれば数えられます。',
  'Reactions can be seen by everyone here, as always; what you press, by you alone. I show totals only after a round has closed.':
    'リアクションはいつもどおりここの全員に見えますが、ボタンで押した内容は自分にだけ見えます。集計はラウンドが終わってから表示します。',
  '**/acclaim me** shows what is held about you and **/acclaim me forget** cuts the tie to you.':
    '保存内容は**/acclaim me**で確認でき、**/acclaim me forget**であなたとのつながりを削除できます。',
  'If I am removed from here, everything of this place is deleted at once.':
    'ボットがここから外されると、この場所のデータはすぐにすべて削除されます。',
  'If I am removed from here, everything of this place is deleted after {days}.':
    'ボットがここから外されると、この場所のデータは{days}後にすべて削除されます。',
  'I agree': '同意する',
  'Forget me': '自分の情報を削除',

  // Outcomes.
  'Round {round}: nothing was judged': 'ラウンド{round}: 評価なし',
  'Round {round}: {share} approval': 'ラウンド{round}: 支持率{share}',
  'The best: {alt}': '最高の画像: {alt}',
  '**{title}**: {text}': '**{title}**: {text}',
  '{people} voted: {judged}.': '{people}が投票しました。{judged}。',
  '**{best}** won.': '最高は**{best}**でした。',
  'The safety checker marked {pictures}; they count as unsafe.':
    '安全性チェッカーが{pictures}に印を付けました。不適切として数えられます。',
  '{pictures} was drawn by the model as it was before any vote, to learn from.':
    '学習のため、投票前の元のモデルで{pictures}を生成しました。',
  '{pictures} were drawn by the model as it was before any vote, to learn from.':
    '学習のため、投票前の元のモデルで{pictures}を生成しました。',
  '{votes} not counted ({reason}).': '{votes}は数えませんでした ({reason})。',
  'No picture was named the best.': '最高に選ばれた画像はありませんでした。',
  '{only} was named the best, but too few votes bear that out.':
    '{only}が最高に選ばれましたが、裏付ける票が足りませんでした。',
  '{named} were named the best equally often: none won.':
    '{named}が同数で最高に選ばれたため、1枚に決まりませんでした。',
  'You differ most on {pictures}: one part of you calls safe what another does not.':
    '評価が最も分かれたのは{pictures}です。安全とする人とそうでない人がいました。',
  'You differ most on {pictures}: one part of you likes what another does not.':
    '評価が最も分かれたのは{pictures}です。良いとする人とそうでない人がいました。',
  '{what} ({n})': '{what} ({n}枚)',
  'What was said to be wrong, and with how many pictures: {wrong}.': '指摘された点と画像の枚数: {wrong}。',
  'voter excluded by a moderator': 'モデレーターが除外した投票者',
  'came too late': '締め切り後の票',
  'Everything was called safe.': 'すべて安全と評価されました。',
  'Everything was liked.': 'すべて良いと評価されました。',
  'Nothing was called safe yet.': '安全と評価された画像はまだありません。',
  'Nothing was liked yet.': '良いと評価された画像はまだありません。',
  'the model as it was before any vote': '投票前の元のモデル',
  '**All alike?**': '**画像が似ていますか。**',
  'A moderator can ask for more variety from the next round on, or go back to {to}.':
    'モデレーターは、次のラウンドから変化を増やすか、{to}に戻ることができます。',
  'A moderator can go back to {to}.': 'モデレーターは{to}に戻ることができます。',
  'Back to the start': '最初に戻る',
  'Back to round {back}': 'ラウンド{back}に戻る',
  'Branch from the start': '最初から分岐',
  'Branch from round {back}': 'ラウンド{back}から分岐',
  'What was called safe in round {round} is {kept} as varied as it was before anything was learned.':
    'ラウンド{round}で安全とされた画像の多様さは、学習前の{kept}です。',
  'What was liked in round {round} is {kept} as varied as it was before anything was learned.':
    'ラウンド{round}で良いとされた画像の多様さは、学習前の{kept}です。',
  'That is too little to compare: it takes {share} of the pictures.':
    '比較するには足りません。画像の{share}の評価が必要です。',
  'That is too little to compare or to count towards the goal: it takes {share} of the pictures.':
    '比較や目標の判定には足りません。画像の{share}の評価が必要です。',
  'Approval stayed where it was.': '支持率は変わりませんでした。',
  'Approval rose by {by}.': '支持率が{by}上がりました。',
  'Approval fell by {by}.': '支持率が{by}下がりました。',
  '{judged} of {pictures} judged, {liked} called safe': '{pictures}中{judged}枚を評価、{liked}枚が安全',
  '{judged} of {pictures} judged, {liked} liked': '{pictures}中{judged}枚を評価、{liked}枚が高評価',
  '{judged}: **{share}** approval': '{judged} (支持率**{share}**)',
  '{shown} of {begun} drawn are shown, chosen by the votes so far.':
    '生成した{begun}枚から、これまでの票で選んだ{shown}枚を表示しています。',
  '{shown} of {begun} drawn': '生成した{begun}枚のうち{shown}枚を表示',
  '{liked} chosen because votes so far like such pictures': '{liked}枚はこれまでの票の好みから選択',
  '{unsure} chosen because I am unsure': '{unsure}枚は判断に迷うものから選択',
  '{rest} not chosen': '{rest}枚は選別なし',
  'Approval is that of pictures that were not chosen.': '支持率は選別していない画像のものです。',
  'Too few were not chosen, so approval is also that of chosen ones.':
    '選別していない画像が少ないため、支持率には選別した画像も含まれます。',

  // Progress.
  'Loading the model': 'モデルを読み込んでいます',
  Drawing: '生成しています',
  'Developing the pictures': '画像を仕上げています',
  'Looking them over': '画像を確認しています',
  'Putting them away': '画像を保存しています',
  'Looking at your votes': '票を見ています',
  'Looking for more like what you liked': '高評価の画像に近いものを探しています',
  Learning: '学習しています',
  'Saving what was learned': '学習した内容を保存しています',
  'Round {n} waits': 'ラウンド{n}は待機中です',
  'Drawing round {n}': 'ラウンド{n}を生成中',
  'Learning from round {n}': 'ラウンド{n}から学習中',
  'Drew round {n}': 'ラウンド{n}を生成しました',
  'Learned from round {n}': 'ラウンド{n}から学習しました',
  'Round {n} is stuck': 'ラウンド{n}が止まっています',
  'Round {n} failed': 'ラウンド{n}は失敗しました',
  'Round {n} was not drawn': 'ラウンド{n}は生成されませんでした',
  'Round {n} was not learned': 'ラウンド{n}は学習されませんでした',
  '{pictures} of {prompt}.': '{prompt}の{pictures}。',
  '{steps} in {time}.': '{time}で{steps}。',
  '{rows} of {all}, to keep to {most}.': '{most}に収めるため、{all}のうち{rows}。',
  '{images} of {all} in {few} of {steps}, to keep to {most}.':
    '{most}に収めるため、{all}のうち{images}、{steps}のうち{few}。',
  'Less would be of no use; it was expected to take {more} more.':
    'これより少なくては意味がないため、さらに{more}かかる見込みでした。',
  'The session ended first.': '先にセッションが終了しました。',
  'It was given up.': '取りやめました。',
  'It was given up; its votes are kept.': '取りやめました。票は残っています。',
  'It stopped: {message}': '停止しました: {message}',
  'something went wrong': '問題が起きました',
  'It waits: {message}. Nothing is lost, and it goes on by itself.':
    '待機しています: {message}。何も失われておらず、自動で再開します。',
  'Waiting for the engine.': 'エンジンを待っています。',
  Working: '作業しています',
  '{stage}, {done} of {total}': '{stage} ({done}/{total})',
  '{far}, about {left} left.': '{far}。残り約{left}。',

  // Proposals, and what a model makes of a prompt.
  'Proposal {number} waits for a moderator': '提案{number}がモデレーターを待っています',
  'Somebody would like a session here. Moderators: look at it, then open or refuse it; **/acclaim proposals** does the same.':
    'ここでセッションを開きたいという提案があります。モデレーターの方は、内容を確認してから開くか断ってください。**/acclaim proposals**でも同じことができます。',
  Look: '確認する',
  'Open it': '開く',
  Refuse: '断る',
  'Proposal {number} was opened': '提案{number}を開きました',
  'Proposal {number} was refused': '提案{number}は断られました',
  'good means {criterion}': '良いとする基準: {criterion}',
  '**{number}**: {prompt}': '**{number}**: {prompt}',
  'The prompt is longer than the model reads at once ({tokens} tokens, not {room}): it is read in {parts} parts, each by itself.':
    'プロンプトがモデルの一度に読める長さを超えています ({room}トークンに対し{tokens}トークン)。{parts}つに分けて、それぞれ別に読まれます。',
  'The model was never taught {words}: do not expect that in its pictures.':
    'モデルは{words}を学んでいません。画像には現れないと考えてください。',
  'How long a round takes with it here is not known yet: the first one will tell.':
    'ここでの1ラウンドの所要時間はまだわかりません。最初のラウンドでわかります。',
  '{draw} to draw': '生成に{draw}',
  '{draw} to draw and {learn} to learn': '生成に{draw}、学習に{learn}',
  '{takes}, with up to {memory} MB of memory': '{takes}、メモリは最大{memory} MB',
  'A round takes about {all} (going by {rounds} here).':
    '1ラウンドの目安は、{all}です (ここでの{rounds}から計算)。',

  // How safe a session has made its model.
  'Before and after, sheet {sheet}: {prompts}': '前後の比較、シート{sheet}: {prompts}',
  'Measuring how safe it has become': 'どれだけ安全になったかを測っています',
  'How safe it has become': 'どれだけ安全になったか',
  'How safe it has become is not known': 'どれだけ安全になったかはわかりません',
  '{done} of {drawings} done.': '{drawings}中{done}回が完了。',
  'The model as it was and as round {round} left it draw the same prompts from the same noises.':
    '元のモデルとラウンド{round}後のモデルで、同じプロンプトを同じノイズから生成します。',
  'It could not be measured: {why}': '測定できませんでした: {why}',
  '**/acclaim nsfw report** tries again.': '**/acclaim nsfw report**でもう一度試せます。',
  '**{words}**: {before} before, **{after}** after round {round}.':
    '**{words}**: 前は{before}、ラウンド{round}の後は**{after}**。',
  'The judge of the miniature': 'ミニチュアモデルの判定器',
  'The safety checker': '安全性チェッカー',
  'Safe, on prompts that nobody voted on': '投票されていないプロンプトでの安全な割合',
  'Safe, on the prompt that people voted on': '投票されたプロンプトでの安全な割合',
  '**Variety of the safe pictures**: {kept} of what it was.': '**安全な画像の多様さ**: 元の{kept}。',
  '{who} says what is safe; both models draw from the same noises. In brackets: where the share lies, at 95 %.':
    '安全かどうかは{who}が判定します。どちらのモデルも同じノイズから生成します。括弧内は割合の95%区間です。',
  '{number}. {prompt}: {safe} of {of} safe before, {safeAfter} of {ofAfter} after.':
    '{number}. {prompt}: 前は{of}枚中{safe}枚、後は{ofAfter}枚中{safeAfter}枚が安全。',
  'There is no picture of {prompts} to show.': '{prompts}の画像で表示できるものはありません。',
  'The pictures are veiled: a row for each prompt by its number, before on the left, after on the right, a frame around what is unsafe.':
    '画像はぼかしてあります。行はプロンプトの番号順で、左が前、右が後、枠付きは不適切なものです。',
  '{share} of {of} ({from}-{to})': '{of}枚中{share} ({from}-{to})',

  // The story.
  'The story of {title}': '{title}のストーリー',
  'The whole story is on the page: {page}': 'ストーリーの全体はこちらのページでご覧いただけます: {page}',
  'First round beside the latest: {prompt}': '最初のラウンドと最新のラウンド: {prompt}',
  'Approval by round (broken line: variety of what is liked; thin line: loss). {line}':
    'ラウンドごとの支持率 (破線: 高評価の画像の多様さ、細線: 損失)。{line}',
  'Round {round}, picture {number}: {prompt}': 'ラウンド{round}、画像{number}: {prompt}',
  '{prompt} has no closed round yet. Vote, and the story begins.':
    '{prompt}にはまだ締め切られたラウンドがありません。投票するとストーリーが始まります。',
  'Of the pictures that votes chose, {picked} in round {round}.':
    '票で選ばれた画像では、ラウンド{round}で{picked}。',
  'Good meant: {criterion}.': '良いとした基準: {criterion}。',
  '{rounds}: approval went from **{before}** to **{after}** ({judged}).':
    '{rounds}で支持率は**{before}**から**{after}**になりました ({judged})。',
  'nothing was judged': '評価なし',
  'One round so far': 'これまでに1ラウンド',
  '{rounds}, round {round}': '{rounds}、ラウンド{round}',
  '{which}: {said}.': '{which}: {said}。',
  'Drawn with {named}, and learned without.': '{named}を使って生成し、使わずに学習しました。',
  'The goal is reached: thank you all.': '目標に達しました。皆さん、ありがとうございました。',
  'All its rounds are done: thank you all.':
    '予定のラウンドがすべて終わりました。皆さん、ありがとうございました。',
  'All the images that it may have are drawn: thank you all.':
    '生成できる画像をすべて生成しました。皆さん、ありがとうございました。',
  'It was stopped.': '終了されました。',
  'Its channel was deleted.': 'チャンネルが削除されました。',

  // Thanks, and why something does not count.
  'A moderator excluded you: your marks and reports do not count.':
    'モデレーターがあなたを除外したため、印と通報は数えられません。',
  'Not counted': '数えられません',
  Kept: '保留中です',
  'Your marks are kept; until somebody vouches for you (a moderator, or an invite) they do not count.':
    'あなたの印は保留中です。モデレーターの承認か招待があるまで数えられません。',
  'Thank you: your votes are in.': 'ありがとうございます。票を受け付けました。',
  'The session rests, and they stand until it goes on.': 'セッションは休止中です。再開するまで票は残ります。',
  'The round closes once nobody has changed a mark for {seconds} seconds.':
    '{seconds}秒間だれも印を変えなければ、ラウンドが締め切られます。',
  Why: '良くない点',
  'You say nothing of **{cell}** any more.': '**{cell}**への指摘を取り消しました。',
  '**{cell}**: {wrong}.': '**{cell}**: {wrong}。',
  'It is kept; until somebody vouches for you (a moderator, or an invite) it does not count.':
    '保留中です。モデレーターの承認か招待があるまで数えられません。',
  'But you call it good: take that back, and this counts.':
    'ただし、この画像を良いと評価しています。それを取り消すと、この指摘が数えられます。',
  'It counts as not good, and I learn from what is wrong with it.':
    '良くない画像として数え、指摘から学習します。',
  'It stays held back: others reported it too.': 'ほかの人も通報しているため、非公開のままです。',
  'Taken back': '取り消しました',
  'Your report of **{cell}** is taken back.': '**{cell}**の通報を取り消しました。',
  'Your report of **{cell}** is kept; until somebody vouches for you (a moderator, or an invite) it does not count.':
    '**{cell}**の通報は保留中です。モデレーターの承認か招待があるまで数えられません。',
  'Thank you: **{cell}** was reported.': 'ありがとうございます。**{cell}**を通報しました。',
  'It is held back.': '非公開にしました。',
  'A moderator has looked at it and lets it be seen.': 'モデレーターが確認し、表示してよいと判断しています。',
  'Moderators were told.': 'モデレーターに知らせました。',

  // What is typed, and what is wrong with it.
  'There is no option --{option}.': 'オプション--{option}はありません。',
  '--{name} needs a value: {help}': '--{name}には値が必要です: {help}',
  'It needs {name}: {help}': '{name}が必要です: {help}',
  'I do not know what to do with "{words}".': '「{words}」の意味がわかりません。',
  '{name} is a whole number, not "{raw}".': '{name}には整数を指定してください (「{raw}」は使えません)。',
  '{name} is a picture such as A3, or #3 in a gallery, not "{raw}".':
    '{name}にはA3のような画像名 (ギャラリーでは#3) を指定してください (「{raw}」は使えません)。',
  '{name} is a mention or a code of **/acclaim voters**, not "{raw}".':
    '{name}にはメンションか**/acclaim voters**のコードを指定してください (「{raw}」は使えません)。',
  '{name} is one of {choices}, not "{raw}".':
    '{name}には{choices}のいずれかを指定してください (「{raw}」は使えません)。',
  'It goes like this: **{usage}**': '使い方: **{usage}**',
  '**{word}** goes with one of: {words}.': '**{word}**の後に続くもの: {words}。',
  'Try **/acclaim help**.': '**/acclaim help**をお試しください。',
  'Did you mean **/acclaim {name}**?': '**/acclaim {name}**のことですか。',
  '**/acclaim help** lists what I do.': 'できることの一覧は**/acclaim help**で確認できます。',
  'I do not know **{typed}**.': '**{typed}**というコマンドはありません。',
  'That text is too long.': '文章が長すぎます。',
  'Use at most {longest} characters.': '{longest}文字以内にしてください。',
  'That wording is not taken here.': 'その表現はここでは使えません。',
  'Say it in other words, or ask a moderator.': '別の言い方にするか、モデレーターに相談してください。',
  'Minors may not be brought together with sexual content.':
    '未成年者を性的な内容と結び付けることはできません。',
  'Ask for something else.': '別の内容にしてください。',
  '{named} and {more} others': '{named}、ほか{more}件',
  'Weights: {weights}. A backslash before a bracket makes it text.':
    '重み: {weights}。括弧の前にバックスラッシュを付けると文字として扱われます。',
  'BREAK: the prompt is read in {parts} parts, one after the other.':
    'BREAK: プロンプトは{parts}つに分けて順に読まれます。',
  '{files} is not drawn: prompts load no files here. Give the file to `acclaim generate --adapter FILE:WEIGHT`, or let an admin bring a model with it merged in.':
    '{files}は生成に使われません。ここではプロンプトからファイルを読み込めません。`acclaim generate --adapter FILE:WEIGHT`に渡すか、統合済みのモデルを管理者に依頼してください。',
  'I did not get that': '理解できませんでした',
  'Not here': 'ここでは使えません',
  'Not allowed': '権限がありません',
  'Not known': '不明な操作です',
  'Not done': '実行できませんでした',
  '**/acclaim {command}** is for {role} or above. Ask one of them.':
    '**/acclaim {command}**は{role}以上の人が使えます。該当する人に依頼してください。',
  member: 'メンバー',
  moderator: 'モデレーター',
  admin: '管理者',
  operator: 'オペレーター',
  'a member': 'メンバー',
  'a moderator': 'モデレーター',
  'an admin': '管理者',
  'an operator': 'オペレーター',
  'For {role} or above.': '{role}以上の人が使えます。',
  'That is for {role} or above.': 'この操作は{role}以上の人が使えます。',
  '{line} ({role} or above)': '{line} ({role}以上)',
  'Ask one of them.': '該当する人に依頼してください。',
  'Ask a moderator.': 'モデレーターに依頼してください。',
  'Ask a moderator for more.': 'それ以上はモデレーターに依頼してください。',

  // Sessions and rounds, and why something cannot be done with them.
  'No round is open.': '受付中のラウンドはありません。',
  'Wait for the next ballot.': '次の投票をお待ちください。',
  'Mark at least one image, then close.': '1枚以上に印を付けてから締め切ってください。',
  'The session is paused already.': 'セッションはすでに一時停止しています。',
  'The session is not paused.': 'セッションは一時停止していません。',
  'It goes on by itself after midnight (UTC), or when an admin raises it: **/acclaim settings**.':
    'UTCの午前0時を過ぎるか、管理者が**/acclaim settings**で上限を上げると自動で再開します。',
  'Its budget of images is used up.': '画像枚数の上限に達しています。',
  'These pictures may not be shown here yet.': 'これらの画像はまだここに表示できません。',
  'Put the channel right first.': '先にチャンネルの設定を直してください。',
  'There is no open round to draw anew.': '生成し直せる受付中のラウンドはありません。',
  '**/acclaim session rollback ROUND** goes back to an earlier one.':
    '**/acclaim session rollback ROUND**で前のラウンドに戻れます。',
  'The budget of images has no room for another round.':
    '画像枚数の上限により、もう1ラウンド分の余裕がありません。',
  '**/acclaim settings** shows it.': '**/acclaim settings**で確認できます。',
  'Nothing is left to set for more variety.': '変化を増やすための設定はすべて使いました。',
  '**/acclaim session rollback ROUND** goes back to an earlier round.':
    '**/acclaim session rollback ROUND**で前のラウンドに戻れます。',
  'This round has closed.': 'このラウンドは締め切られました。',
  'Name the best of the next one.': '次のラウンドの最高を選んでください。',
  'Nothing waits for a look.': '確認を待っているものはありません。',
  'The next round will, where **/acclaim review on** was said.':
    '**/acclaim review on**にすると、次のラウンドから確認待ちになります。',
  'You may not undo {command}.': '{command}を取り消す権限がありません。',
  'Ask whoever may do it.': '権限のある人に依頼してください。',
  'This session has ended.': 'このセッションは終了しました。',
  'That session has ended.': 'そのセッションは終了しました。',
  'The session has ended.': 'セッションが終了しました。',
  '**/acclaim session start PROMPT** opens a new one, **/acclaim session branch ROUND** one that goes on from it.':
    '**/acclaim session start PROMPT**で新しく始めるか、**/acclaim session branch ROUND**で続きから始められます。',
  '**/acclaim voters** lists who voted.': '投票者の一覧は**/acclaim voters**で確認できます。',
  'Round {target} has no checkpoint to go back to.': 'ラウンド{target}には戻れる学習結果がありません。',
  'Name a finished round, or 0 for the start.': '完了したラウンドの番号か、最初に戻る0を指定してください。',
  'Here people say only what is unsafe.': 'ここでは不適切な画像だけを選びます。',
  'Mark it by its number.': '番号で印を付けてください。',
  'Say it of a picture of the next one.': '次のラウンドの画像に付けてください。',
  'A moderator can take the picture away: **/acclaim hide B4**.':
    'モデレーターは**/acclaim hide B4**で画像を取り除けます。',
  'You did not report {name}.': '{name}は通報していません。',
  'A moderator took that picture away: its file is deleted.':
    'モデレーターがその画像を取り除き、ファイルを削除しました。',
  'The safety checker holds that picture back, and its word stands.':
    'その画像は安全性チェッカーの判定により非公開です。この判定は変えられません。',
  'That picture is shown.': 'その画像は表示されています。',
  'It is a report, and held nothing back.': '通報だけで、非公開にはなっていません。',
  'Flags hold that picture back no more.': 'その画像は通報による非公開が解除されています。',
  'That picture is not as it was.': 'その画像の状態は変わっています。',
  '{proposals} proposals of yours wait for a moderator already.':
    'あなたの提案{proposals}件がすでにモデレーターを待っています。',
  '{proposals} proposals wait here for a moderator already.':
    'ここではすでに{proposals}件の提案がモデレーターを待っています。',
  'Ask again once some are decided.': 'いくつか決まってから、もう一度お試しください。',
  'Only a moderator may decide that.': 'これを決められるのはモデレーターだけです。',
  'Proposal {number} does not wait here (any more).': '提案{number}はここにはもうありません。',
  '**/acclaim proposals** lists those that do.': '待っている提案は**/acclaim proposals**で確認できます。',
  'No ballot shows that image.': 'その画像は投票に出ていません。',
  'Name a cell of the newest ballot, such as B4.': '最新の投票の画像名 (B4など) を指定してください。',
  'Votes are kept only with consent.': '票は同意がある場合にだけ保存されます。',
  'Agree to the notice, then vote.': 'お知らせに同意してから投票してください。',
  'This session reduces no unsafe pictures.': 'このセッションは不適切な画像を減らすものではありません。',
  '**/acclaim nsfw start PROMPT** opens one that does.':
    '**/acclaim nsfw start PROMPT**でそのようなセッションを始められます。',
  'Nothing has been learned yet.': 'まだ何も学習していません。',
  'Close a round first: **/acclaim round close**.':
    '先にラウンドを締め切ってください: **/acclaim round close**。',
  'Ask there, or take this channel out of it: **/acclaim session leave**.':
    'そちらに依頼するか、**/acclaim session leave**でこのチャンネルを抜けてください。',
  'Only the channel that founded the session may do that.':
    'この操作ができるのはセッションを始めたチャンネルだけです。',
  'That person votes on another side of the pool.': 'その人は別のチャンネルで投票しています。',
  'Ask a moderator there.': 'そのチャンネルのモデレーターに依頼してください。',
  'This code is not good (any more).': 'このコードは無効か、期限が切れています。',
  'Ask the founding side for a new one.': 'セッションを始めた側に新しいコードを依頼してください。',
  'Ask the side that founded the session for a new one.':
    'セッションを始めた側に新しいコードを依頼してください。',
  'This channel is in the session already.': 'このチャンネルはすでにセッションに参加しています。',
  'Vote on its ballots.': 'そのまま投票できます。',
  'Join from an age-restricted channel, or one of moderators only.':
    '年齢制限のあるチャンネルか、モデレーターだけのチャンネルから参加してください。',
  'This session draws what needs a guarded channel.':
    'このセッションの画像には、閲覧が制限されたチャンネルが必要です。',
  'There is no such channel in the session.': 'セッションにそのチャンネルはありません。',
  '**/acclaim session status** lists them.': '**/acclaim session status**で一覧を確認できます。',
  'The founding channel cannot leave its session.': '始めたチャンネルはセッションから抜けられません。',
  '**/acclaim session stop** ends it for all.': '**/acclaim session stop**で全体を終了できます。',
  'A channel leaves by its own side, or by the founding one.':
    'チャンネルを抜けさせられるのは、そのチャンネル側か、セッションを始めた側です。',
  'Ask there.': 'そちらに依頼してください。',
  'This ballot is not known here.': 'この投票はここにはありません。',
  'Vote on the newest ballot of the channel.': 'チャンネルの最新の投票に印を付けてください。',
  'This channel is not in that session.': 'このチャンネルはそのセッションに参加していません。',
  'There is no session of that id.': 'そのIDのセッションはありません。',
  'A session runs in this channel.': 'このチャンネルではセッションが進行中です。',
  '**/acclaim session stop** ends it; or use another channel.':
    '**/acclaim session stop**で終了するか、別のチャンネルを使ってください。',
  'No channel of the page is marked for such a session.':
    'ページにこの種のセッション用のチャンネルがありません。',
  'A session runs in each channel that is marked for it.':
    'この種のセッション用のチャンネルは、すべて使用中です。',
  'Name one more in ACCLAIM_NSFW_CHANNELS and start again.':
    'ACCLAIM_NSFW_CHANNELSに追加して再起動してください。',
  'Sessions may not be opened in this channel.': 'このチャンネルではセッションを始められません。',
  'An admin names those where they may: **/acclaim settings channels**.':
    '始められるチャンネルは管理者が決めます: **/acclaim settings channels**。',
  'A round waits for an engine already.': 'すでに1ラウンドがエンジンを待っています。',
  '{rounds} wait for an engine already.': 'すでに{rounds}がエンジンを待っています。',
  'Try again when it is through.': 'それが終わってから、もう一度お試しください。',
  'Try again when some of them are through.': 'いくつか終わってから、もう一度お試しください。',
  'Which models sessions use is for admins to say.': 'セッションで使うモデルは管理者が決めます。',
  'Start it without one, or ask an admin for **/acclaim settings models**.':
    'モデルを指定せずに始めるか、管理者に**/acclaim settings models**を依頼してください。',
  'The model {model} may not be used here.': 'モデル{model}はここでは使えません。',
  "A session goes on here that is nobody's.": 'ここでは、だれのものでもないセッションが進行中です。',
  "{sessions} go on here that are nobody's.": 'ここでは、だれのものでもない{sessions}が進行中です。',
  'Agree to vote here first, then ask again: after that they are yours.':
    '先に投票に同意してから、もう一度お試しください。以後のセッションはあなたのものになります。',
  'A session of yours goes on already.': 'あなたのセッションがすでに進行中です。',
  '{sessions} of yours go on already.': 'あなたの{sessions}がすでに進行中です。',
  'Ask again once one of them has ended.': 'いずれかが終了してから、もう一度お試しください。',
  'A session goes on here already.': 'ここではすでにセッションが進行中です。',
  '{sessions} go on here already.': 'ここではすでに{sessions}が進行中です。',
  'Ask again once some have ended, or ask a moderator.':
    'いくつか終了してからもう一度お試しになるか、モデレーターに依頼してください。',
  'Members may ask for up to {images} a round.': 'メンバーが指定できるのは1ラウンド{images}までです。',
  'Members may ask for up to {rounds}.': 'メンバーが指定できるのは{rounds}までです。',
  'a session needs a prompt': 'セッションにはプロンプトが必要です',
  'Say what to draw.': '何を生成するかを書いてください。',
  'These prompts cannot be drawn in turn.': 'これらのプロンプトを順番に生成することはできません。',
  'Give {least} to {most} of them with | in between, each of {longest} characters at most.':
    '{least}個から{most}個までを|で区切り、それぞれ{longest}文字以内にしてください。',
  'The learner {name} learns of one prompt alone.': '学習方法{name}は1つのプロンプトからだけ学習します。',
  'Start it with one, or with the learner acclaim.':
    'プロンプトを1つにするか、学習方法acclaimで始めてください。',
  'Choose {least} to {most}.': '{least}から{most}の間で指定してください。',
  'A round cannot have {images}.': '1ラウンドを{images}にはできません。',
  'A session cannot have {rounds}.': 'セッションを{rounds}にはできません。',
  'Members may not open sessions here.': 'ここではメンバーはセッションを始められません。',
  'There is no session in this channel.': 'このチャンネルにはセッションがありません。',
  '**/acclaim session start PROMPT** opens one.': '**/acclaim session start PROMPT**で始められます。',
  'That is more than I can follow.': '操作が多すぎて処理しきれません。',
  'Try again in {seconds} s.': '{seconds}秒後にもう一度お試しください。',

  // Undoing.
  'The session goes on already.': 'セッションはすでに再開しています。',
  'The session is not running any more.': 'セッションはもう進行していません。',
  'The session did not end by being stopped.': 'セッションは操作で終了したものではありません。',
  'Where it stood before is not known.': '以前の状態がわかりません。',
  'It was set anew since.': 'その後に設定し直されています。',
  'It was set anew since, by act {by}.': 'その後、操作{by}で設定し直されています。',
  'The votes are counted and the learner is at work: **/acclaim session rollback ROUND** goes back to an earlier round.':
    '票はすでに数えられ、学習が始まっています。**/acclaim session rollback ROUND**で前のラウンドに戻れます。',
  'Its pictures were given up and others drawn.': '元の画像は破棄され、別の画像が生成されています。',
  'The branch is a session of its own: **/acclaim session stop** in its channel ends it.':
    '分岐は独立したセッションです。そのチャンネルで**/acclaim session stop**を使うと終了できます。',
  'The file of a hidden picture is deleted.': '取り除いた画像のファイルは削除されています。',
  'The ballots hang: **/acclaim round redo** draws others.':
    '投票はすでに投稿されています。**/acclaim round redo**で生成し直せます。',
  'It is a vote: whoever cast it can change it.': 'これは票です。投票した本人が変更できます。',
  'It is part of a vote: whoever cast it can change it.': 'これは票の一部です。投票した本人が変更できます。',
  'It only measures: nothing was changed.': '測定だけなので、何も変わっていません。',
  'A code that nobody uses ends by itself.': '使われないコードは自動で無効になります。',
  'A channel leaves by **/acclaim session leave**.': 'チャンネルは**/acclaim session leave**で抜けられます。',
  'A channel comes back by a new code: **/acclaim session invite**.':
    'チャンネルは新しいコードで戻れます: **/acclaim session invite**。',
  'It was itself an undoing: do again what was undone.':
    'これ自体が取り消しです。取り消した操作をもう一度行ってください。',
  'There is no way back from it.': '元に戻す方法はありません。',
  '{command} cannot be undone.': '{command}は取り消せません。',
  'Nobody here is known by that key.': 'その人はここでは知られていません。',
  'They never had to wait.': 'その人は承認待ちではありませんでした。',
  'That was undone already.': 'すでに取り消されています。',
  'In **{session}** it stays as it is: {hint}': '**{session}**ではそのままです: {hint}',
  'In another channel it stays as it is: {hint}': '別のチャンネルではそのままです: {hint}',
  'There is nothing to undo here.': 'ここで取り消せる操作はありません。',
  'There is no such act here.': 'その操作はここにはありません。',
  '**/acclaim audit** lists them.': '一覧は**/acclaim audit**で確認できます。',
  'That act was refused.': 'その操作は拒否されていました。',
  'There is nothing to take back.': '取り消すものはありません。',
  'That was done on another server.': 'それは別のサーバーでの操作です。',
  'Take it back there.': 'そのサーバーで取り消してください。',
  '**{what}** (act {seq}) was taken back, in {sessions}.':
    '**{what}** (操作{seq}) を{sessions}で取り消しました。',
  '**{what}** (act {seq}) was taken back.': '**{what}** (操作{seq}) を取り消しました。',
  Undone: '取り消しました',
  'Take that back first: **/acclaim audit** lists it.':
    '先にそれを取り消してください。**/acclaim audit**で確認できます。',
  'Take that back first: **/acclaim undo {by}**.': '先にそれを取り消してください: **/acclaim undo {by}**。',

  // Settings.
  'no bound': '上限なし',
  all: 'すべて',
  'language of what is posted in channels: auto (that of the server), en or ja':
    'チャンネルに投稿する言語。auto (サーバーの言語)、en、ja',
  'voters who close a round, such as 3': 'ラウンドを締め切る投票者の数。例: 3',
  'how long a round stays open at most: 90m, 36h or 2d': 'ラウンドの最長の受付時間。90m、36h、2dなど',
  'when nothing is posted (UTC), such as 22:00-07:00, or off':
    '投稿しない時間帯 (UTC)。例: 22:00-07:00、またはoff',
  "a moderator's OK opens each ballot: on or off": 'モデレーターの承認後に投票を始めるか。onかoff',
  'from the next round on votes choose among more pictures than are shown, as soon as they tell enough: on or off':
    '次のラウンドから、表示する画像を票の傾向で多めの候補から選ぶか。onかoff',
  'minutes that a round may take to draw, such as 5: where more is asked for, fewer steps, then fewer pictures':
    '1ラウンドの生成にかけてよい分数 (例: 5)。超える場合はまずステップを、次に枚数を減らす',
  'minutes that a round may take to learn, such as 10: where it would take more, fewer rows, then fewer steps':
    '1ラウンドの学習にかけてよい分数 (例: 10)。超える場合はまず行数を、次にステップを減らす',
  'members may open sessions: on or off': 'メンバーがセッションを始められるか。onかoff',
  "a moderator's OK opens the sessions that members ask for: on or off":
    'メンバーのセッションにモデレーターの承認が必要か。onかoff',
  'most rounds of a session, such as 12': 'セッションのラウンド数の上限。例: 12',
  'most images of a round, such as 18': '1ラウンドの画像数の上限。例: 18',
  'most images of a session in all its rounds, such as 200': 'セッション全体の画像数の上限。例: 200',
  'most images a day in one channel, such as 100': '1つのチャンネルの1日の画像数の上限。例: 100',
  'most images a day in all channels together, such as 500': '全チャンネル合計の1日の画像数の上限。例: 500',
  'models that sessions may use, with commas between': 'セッションで使えるモデル (カンマ区切り)',
  'channels in which sessions may be opened, such as #roses, with commas between':
    'セッションを始められるチャンネル (カンマ区切り)。例: #roses',
  'What sessions here are held to: each setting with its value, unit and source':
    'ここのセッションに適用される設定（値・単位・設定元）を表示します',
  'What holds here: quorum, deadline, quiet hours, review, who may start what where':
    'ここでの設定: 締め切り人数、期限、静かな時間帯、確認、だれがどこで何を始められるか',
  'which one': '設定の名前',
  'what it becomes; "default" takes it back': '新しい値。「default」で元に戻ります',
  Settings: '設定',
  'It is {help}.': '{help}。',
  '**{name}** cannot be "{text}".': '**{name}**を「{text}」にはできません。',
  'There is no channel **{text}** here that I can see.': '**{text}**というチャンネルは見つかりません。',
  '{found} channels here are called **{text}**.': '**{text}**という名前のチャンネルが{found}個あります。',
  'Invite me there first if it is private.': '非公開のチャンネルなら、先にボットを招待してください。',
  'Give its id.': 'IDを指定してください。',
  "**{name}**: {value} (the host's configuration)": '**{name}**: {value} (ホストの設定)',
  '**{name}**: {value} (set here)': '**{name}**: {value} (ここで設定)',
  'one that you do not see': 'あなたには見えないチャンネル',
  '**{name}** can be {most} at most on this host.': 'このホストでは**{name}**の上限は{most}です。',
  'Its operators set that bound.': 'この上限はオペレーターが決めています。',
  Set: '設定しました',

  // Help.
  'What I do, or how one command goes': 'できることの一覧、またはコマンドの使い方',
  'such as session start': '例: session start',
  Help: 'ヘルプ',
  'There is no command **{asked}**. **/acclaim help** lists all.':
    '**{asked}**というコマンドはありません。一覧は**/acclaim help**で確認できます。',
  '**{name}**: {help}': '**{name}**: {help}',
  'What I do': 'できること',

  // People.
  'That person is not of this server alone.': 'その人はこのサーバーだけの人ではありません。',
  'A moderator of the server of whoever runs this decides on them.':
    'その人への操作は、運営者のサーバーのモデレーターが決めます。',
  'What was done about votes that are not what they seem, and how to undo it':
    '不自然な票への対処と、その取り消し方',
  Guards: '投票の保護',
  'No such round has been counted yet.': 'そのラウンドはまだ数えられていません。',
  'Guards, round {round}': '投票の保護、ラウンド{round}',
  'What is held about you, and your votes of the newest rounds':
    'あなたについて保存されている内容と、最近のラウンドの票',
  'You, here': 'あなたの情報',
  'no name': '名前なし',
  'the name **{name}**': '名前は**{name}**',
  '{accounts} linked accounts count as one person.':
    'リンクした{accounts}個のアカウントを1人として数えます。',
  'Since {day}, under a keyed hash of your account: {standing} in {rounds}, {name}, no text.':
    '{day}から、アカウントの鍵付きハッシュのもとで保存: {rounds}で{standing}、{name}、文章なし。',
  '**/acclaim me export** gives you all of it, **/acclaim me forget** deletes it.':
    '**/acclaim me export**ですべて受け取り、**/acclaim me forget**で削除できます。',
  'Nothing is held about you.': 'あなたについて保存されているものはありません。',
  'Agree to the notice in the channel, and your votes count.':
    'チャンネルのお知らせに同意すると、あなたの票が数えられます。',
  '{picture} (best)': '{picture} (最高)',
  '**{session}, round {round}**: good: {good}; not good: {rest}':
    '**{session}、ラウンド{round}**: 良い: {good}、良くない: {rest}枚',
  none: 'なし',
  'you agreed': '同意した時',
  'All that is held about you as files: JSON, and your votes as CSV':
    'あなたについて保存されているすべてをファイルで (JSON、票はCSV)',
  'Your data': 'あなたのデータ',
  '{votes} from {changes} of your marks: all that is held about you.':
    '印の{changes}による{votes}。あなたについて保存されているすべてです。',
  'Withdraw your consent: all that leads to you is deleted, for good':
    '同意を取り消し、あなたにつながる情報を完全に削除',
  'That a moderator excluded you stays, as a hash under which nothing else is kept.':
    'モデレーターによる除外の記録だけは、ほかに何も結び付かないハッシュとして残ります。',
  Forgotten: '削除しました',
  'Nothing here leads to you any more.': 'あなたにつながる情報はもうありません。',
  'In closed rounds your votes stay counted under names that lead nowhere; in open ones they are withdrawn.':
    '締め切られたラウンドの票は誰のものかわからない形で残り、受付中のラウンドの票は取り消されました。',
  'Your reactions hang where you put them: take them off yourself if you want to.':
    '付けたリアクションは残っています。必要ならご自分で外してください。',
  'Be thanked by name, or not (the default)': 'お礼の一覧に名前を載せるか (初期設定は載せない)',
  'show or hide your name where voters are thanked': 'お礼の一覧に名前を出す (show) か隠す (hide) か',
  'I keep nothing of you, and so no name.': 'あなたの情報は何も保存していないため、名前もありません。',
  'By name': '名前を載せます',
  '**/acclaim session thanks** names you from now on.':
    'これから**/acclaim session thanks**にあなたの名前が載ります。',
  'Without a name': '名前を載せません',
  'Your name is deleted here.': 'あなたの名前を削除しました。',
  'Who voted here, by name where they wish it': 'ここで投票した人 (希望者は名前付き)',
  '**{name}**: {rounds}': '**{name}**: {rounds}',
  'Thank you': 'ありがとうございます',
  '**/acclaim me name show** puts your name here.': '**/acclaim me name show**で名前を載せられます。',
  'and {people} who stays unnamed': 'ほかに名前を出さない{people}',
  'and {people} who stay unnamed': 'ほかに名前を出さない{people}',
  'Nobody who voted here goes by that.': 'ここで投票した人に該当者はいません。',
  '**/acclaim voters** lists who did.': '投票者の一覧は**/acclaim voters**で確認できます。',
  'Who voted in the newest rounds, by code, what their votes weigh and why: nobody is named':
    '最近のラウンドの投票者 (コード)、票の重みとその理由 (名前は出ません)',
  excluded: '除外',
  trusted: '信頼',
  'waits to be admitted': '承認待ち',
  '{voter}: {pictures} called good, {rounds} here': '{voter}: 良いと評価した{pictures}、ここで{rounds}',
  'counts {share}': '重み{share}',
  "A link by which one person's marks on the page count": 'ページでの1人の印を有効にするリンク',
  'There is no page here.': 'ここにはページがありません。',
  'Send it to one person: it is good once, for {days}. **acclaim invite --count 20** makes several at once on the host.':
    '1人に送ってください。1回だけ、{days}有効です。ホストで**acclaim invite --count 20**を使うとまとめて作れます。',
  'An invite to vote on the page': 'ページで投票するための招待',
  'a mention, or a code of the list of voters': 'メンションか、投票者一覧のコード',
  'Count a voter no more, past rounds included': '投票者を除外する (過去のラウンドも含む)',
  Excluded: '除外しました',
  '**{code}** counts no more; past rounds are counted anew. What was learned stays: **/acclaim session rollback ROUND** goes back before it.':
    '**{code}**の票はもう数えられず、過去のラウンドは数え直されます。学習した内容は残ります。その前に戻るには**/acclaim session rollback ROUND**を使ってください。',
  'Count a voter again': '投票者の除外を解く',
  Included: '除外を解きました',
  '**{code}** counts again.': '**{code}**の票がまた数えられます。',
  "Let somebody's marks on the page count from now on": 'ページでの印を承認する',
  Admitted: '承認しました',
  '**{code}** counts from now on, in rounds that still take votes.':
    '**{code}**の票は、受付中のラウンドから数えられます。',
  'Let a voter count whole: no newcomer, and nobody’s second hand':
    '投票者の票を満額で数える (新しい参加者や分身として扱わない)',
  Trusted: '信頼しました',
  '**{code}** counts whole here; past rounds are counted anew.':
    '**{code}**の票はここで満額で数えられます。過去のラウンドは数え直されます。',
  'Take that back': 'それを取り消す',
  'As others': '通常に戻しました',
  '**{code}** counts as others do.': '**{code}**の票は、ほかの人と同じように数えられます。',
  'Make your accounts on several platforms count as one person':
    '複数のプラットフォームのアカウントを1人として数える',
  'that your other account was given; without one you get a code':
    '別のアカウントが受け取ったコード。省くと新しいコードが出ます',
  'With your other account type **/acclaim link {code}** within {minutes} minutes. Keep the code to yourself: whoever uses it counts as you.':
    '別のアカウントで{minutes}分以内に**/acclaim link {code}**と入力してください。コードは人に教えないでください。使った人はあなたとして数えられます。',
  'Your code': 'あなたのコード',
  Linked: 'リンクしました',
  'Your accounts count as one person from now on: of each mark the latest change holds. **/acclaim me forget** forgets all of them, **/acclaim unlink** takes one out again.':
    'これから、あなたのアカウントは1人として数えられ、印は最後の変更が有効です。**/acclaim me forget**はすべてを削除し、**/acclaim unlink**は1つを外します。',
  'This code is not good (any more). **/acclaim link** makes a new one.':
    'このコードは無効か、期限が切れています。**/acclaim link**で新しく作れます。',
  'This is your own code: type it with your other account.':
    'これはご自分のコードです。別のアカウントで入力してください。',
  'Nothing is kept of you here before you agree. Agree to the notice, then **/acclaim link** makes a code.':
    '同意するまでは何も保存しません。お知らせに同意すると、**/acclaim link**でコードを作れます。',
  'Let this account count on its own again': 'このアカウントのリンクを解く',
  Unlinked: 'リンクを解きました',
  'This account counts on its own again.': 'このアカウントは、また単独で数えられます。',
  'This account is not linked. **/acclaim link** makes a code for that.':
    'このアカウントはリンクされていません。リンクするには**/acclaim link**でコードを作ってください。',

  // Models and what was learned.
  'The models of this machine, which one is used here, and how long a round takes with each':
    'このマシンのモデル、ここで使うもの、1ラウンドの所要時間',
  '{name}: {title}. {about} Licence: {licence}.': '{name}: {title}. {about} ライセンス: {licence}。',
  '{name}: pulled.': '{name}: 取得済み。',
  'LoRAs that models can be drawn with:': 'モデルに加えて描けるLoRA:',
  'the configured model': '設定されたモデル',
  '**{name}**: {time}': '**{name}**: {time}',
  Models: 'モデル',
  'Fetch a model or a LoRA onto the machine that this runs on': '動作中のマシンにモデルを取得する',
  'OWNER/NAME[/FILE][@REVISION] of a hub, an https address, or a name of the list of models':
    'ハブの OWNER/NAME[@REVISION]、httpsのアドレス、またはモデル一覧の名前',
  Pull: '取得',
  'Which model the next sessions of this server, or of this channel alone, use':
    'このサーバー、またはこのチャンネルの次のセッションで使うモデル',
  'a name of the list, with LoRAs as in "sd15 + lcm-lora-sd15 + style:.6", or "default"':
    '一覧の名前、または「default」。LoRAは「sd15 + lcm-lora-sd15 + style:.6」のように加えます',
  'server (without it) or channel': 'server (省略時) またはchannel',
  'The model **{model}** may not be used here.': 'モデル**{model}**はここでは使えません。',
  '**/acclaim settings models** names those that may.':
    '使えるモデルは**/acclaim settings models**で確認できます。',
  'what the configuration says': 'ホストの設定どおり',
  'Sessions of this server use **{model}** from now on.':
    'このサーバーのセッションでは、これから**{model}**を使います。',
  'Sessions of this channel use **{model}** from now on.':
    'このチャンネルのセッションでは、これから**{model}**を使います。',
  'This channel has its own, which stays.': 'このチャンネルには個別の設定があり、それは変わりません。',
  'Sessions that run keep theirs.': '進行中のセッションはそのままです。',
  '**{name}** (used here)': '**{name}** (ここで使用)',
  '**{name}** (not on this machine)': '**{name}** (このマシンにはありません)',
  '**{model}** is not on this machine.': '**{model}**はこのマシンにありません。',
  'There is no model of that name here.': 'その名前のモデルはここにはありません。',
  'An operator fetches it: **/acclaim model pull {model}**.':
    'オペレーターが**/acclaim model pull {model}**で取得できます。',
  'Here are: {models}.': 'ここにあるもの: {models}。',
  'What a session has learned, as a LoRA file or merged into its model':
    'セッションが学習した内容 (LoRAファイル、またはモデルに統合)',
  'of this server, by its id; else the one of this channel':
    'このサーバーのセッションのID。省くとこのチャンネルのもの',
  'as it was after that round; else the latest': 'そのラウンド後の状態。省くと最新',
  'LoRA for diffusers (without it), LoRA for ComfyUI and A1111 (kohya), or a whole model (merged)':
    '省略時はdiffusers用LoRA、kohyaはComfyUIとA1111用LoRA、mergedはモデル全体',
  Export: '書き出し',
  'Round {round} of **{session}** is being made into {file}. You get it here; **/acclaim model list** tells how far it is.':
    '**{session}**のラウンド{round}を{file}として作成しています。できたらここに届きます。進み具合は**/acclaim model list**で確認できます。',
  'a LoRA file': 'LoRAファイル',
  'a LoRA file for ComfyUI and A1111': 'ComfyUIとA1111用のLoRAファイル',
  'a whole model': 'モデル全体',
  'There is no session of that id here.': 'そのIDのセッションはここにはありません。',
  'Sessions: {sessions}.': 'セッション: {sessions}。',
  'none yet': 'まだありません',
  '{file} of **{session}**, round {round}: {size}': '**{session}**のラウンド{round}の{file}: {size}',
  'Here is {what}.': 'どうぞ: {what}。',
  'on the page, by whoever holds its access token: **{url}**':
    'ページで (アクセストークンを持つ人): **{url}**',
  'on the machine that I run on: **npm run -s acclaim -- export {session} --round {round} --format {format}**':
    '動作中のマシンで: **npm run -s acclaim -- export {session} --round {round} --format {format}**',
  'Here is {what}. It is also': 'どうぞ: {what}。次の方法でも受け取れます。',
  'it is a folder of files': '複数のファイルを含むフォルダーのため',
  'that is more than can be sent here': 'ここで送れる大きさを超えているため',
  'There is {what}, but {why}. It can be fetched':
    '{what}ができましたが、{why}ここでは送れません。次の方法で受け取れます。',
  '**{name}** is being made: {done} of {files}.': '**{name}**を作成しています: {files}中{done}個。',
  '**{name}** is being made.': '**{name}**を作成しています。',
  '{out} is not there any more': '{out}はもうありません',
  'Ask for it again.': 'もう一度依頼してください。',
  '{id} has not learned yet.': '{id}はまだ学習していません。',
  '{id} learned nothing in round {round}.': '{id}はラウンド{round}では何も学習していません。',
  'Rounds: {rounds}.': 'ラウンド: {rounds}。',
  'Close a round first.': '先にラウンドを締め切ってください。',
  '**/acclaim model list** tells how far it is.': '進み具合は**/acclaim model list**で確認できます。',
  '**{shown}** could not be fetched: {why}': '**{shown}**を取得できませんでした: {why}',
  '**{name}** is here.': '**{name}**を取得しました。',
  'Its card names no licence.': 'モデルカードにライセンスの記載はありません。',
  'Licence: {licence}.': 'ライセンス: {licence}。',
  '**{shown}** is being looked up.': '**{shown}**を調べています。',
  '**{shown}** is being fetched: {done} of {total}': '**{shown}**を取得しています: {total}中{done}',
  '{far} ({rate}/s, about {minutes} min left).': '{far} (毎秒{rate}、残り約{minutes}分)。',

  // What moderators do.
  'Open a session that unlearns unsafe pictures; votes then say "unsafe"':
    '不適切な画像を減らすセッションを始める (票は「不適切」を表します)',
  'checker: learn from what the safety checker marks before anybody votes; else by votes':
    'checker: 投票の前に安全性チェッカーの判定から学習。省くと票から',
  '**{cell}** is off the ballot and its file deleted.': '**{cell}**を投票から外し、ファイルを削除しました。',
  'Let a picture be seen that flags hold back; they hold it no more':
    '通報で非公開の画像を表示する (以後は通報で非公開になりません)',
  Shown: '表示しました',
  '**{cell}** is on its ballot again, and flags hold it back no more.':
    '**{cell}**を投票に戻しました。以後は通報で非公開になりません。',
  'See a round before it is posted and let it out; on and off set the mode':
    '投稿前のラウンドを確認して投稿する。onとoffで切り替え',
  'show, ok, on or off': 'show、ok、on、off',
  'Let out': '投稿します',
  'The ballots are being posted.': '投票を投稿しています。',
  'Each round waits for a moderator from now on.': 'これから、ラウンドごとにモデレーターの確認を待ちます。',
  'Rounds are posted as they come.': 'ラウンドはできしだい投稿されます。',
  Review: '確認',
  'Round {number}, before anyone sees it': '公開前のラウンド{number}',
  '**/acclaim review ok** posts it, **/acclaim hide A3** takes a picture out first, **/acclaim round redo** draws others.':
    '**/acclaim review ok**で投稿、**/acclaim hide A3**で先に画像を取り除き、**/acclaim round redo**で生成し直せます。',
  'Who did what here, newest first; only you see it':
    'ここでだれが何をしたか (新しい順、あなただけに見えます)',
  'how many acts; else 20': '件数。省くと20件',
  Audit: '操作の記録',
  'Nothing was done here yet.': 'まだ操作はありません。',
  'Take back the last act of a moderator here, or one by its number in the audit':
    'ここでの直前のモデレーターの操作、または記録の番号の操作を取り消す',
  'its number in the audit': '操作の記録にある番号',
  'Close the vote now and learn from it': '投票を今すぐ締め切って学習する',
  Closed: '締め切りました',
  'The votes are counted.': '票を数えました。',
  Closing: '締め切り中です',
  'No vote is known yet. The ballots are read once more: what is found is counted, and without a vote the round stays open.':
    'まだ票がありません。投票メッセージを読み直し、見つかった票を数えます。票がなければラウンドの受付を続けます。',
  'Throw this round away and draw a new one': 'このラウンドを破棄して生成し直す',
  'Drawn anew': '生成し直します',
  'A new round is being drawn.': '新しいラウンドを生成しています。',
  'a picture of the newest ballots, such as B4 (in a gallery #4)':
    '最新の投票の画像名。例: B4 (ギャラリーでは#4)',
  'of an earlier round': '前のラウンドの番号',
  'Name the best picture of the round; "none" takes that back':
    'ラウンドの最高の画像を選ぶ。「none」で取り消し',
  Best: '最高',
  'You name no best any more. Stars that you gave as reactions hang on.':
    '最高の選択を取り消しました。リアクションで付けた星は残ります。',
  '**{cell}** is your best.': '**{cell}**を最高に選びました。',
  'Report a picture that should not be shown, or take that back while its round is open':
    '表示すべきでない画像を通報する。受付中なら取り消せます',
  'take-back: it was a mistake': 'take-back: 通報を取り消す',
  'Say what is wrong with a picture; "nothing" takes that back':
    '画像の良くない点を伝える。「nothing」で取り消し',
  'what is wrong with it': '良くない点',
  'something more': 'もう1つの良くない点',
  'There is no picture {cell} on the newest ballots.': '最新の投票に画像{cell}はありません。',
  'There is no picture {cell} on the ballots of round {number}.':
    'ラウンド{number}の投票に画像{cell}はありません。',
  'Pictures there have names such as {first}.': '画像名は{first}のような形です。',
  'Say which picture of this message.': 'このメッセージのどの画像かを指定してください。',
  'Say what is wrong with which picture.': 'どの画像のどこが良くないかを指定してください。',

  // Channels that take part, proposals, servers.
  'A code by which another channel, on any platform, joins this session':
    '別のチャンネル (どのプラットフォームでも) がこのセッションに参加するためのコード',
  'An admin of the other channel types **/acclaim session join {code}** there. The code is good once, for {hours} hours.':
    '参加するチャンネルの管理者が、そこで**/acclaim session join {code}**と入力します。コードは1回だけ、{hours}時間有効です。',
  'A code to join by': '参加用のコード',
  'Take part in a session of another channel: same pictures, votes pooled':
    '別のチャンネルのセッションに参加する (同じ画像、票は合算)',
  'that the other side was given with its invitation': '招待した側が受け取ったコード',
  'Ballots of **{title}** come here from now on, and votes of all its channels count together. **/acclaim session leave** ends that.':
    'これから**{title}**の投票がここに届き、すべてのチャンネルの票が合わせて数えられます。やめるには**/acclaim session leave**を使ってください。',
  Joined: '参加しました',
  'Take this channel out of a session that it joined; votes cast so far stand':
    '参加中のセッションから抜ける (これまでの票は残ります)',
  "for the founding side: the channel's number, as the session's status gives it":
    '始めた側の場合: session statusに表示されるチャンネルの番号',
  'Left the session': '抜けました',
  'No more ballots go there; the votes cast so far stand.':
    'そのチャンネルにはもう投票が届きません。これまでの票は残ります。',
  here: 'ここ',
  'founded it': '始めたチャンネル',
  'cannot be posted to': '投稿できません',
  '**Channels**: {rows}': '**チャンネル**: {rows}',
  'Proposal {number}': '提案{number}',
  'A moderator looks at it first; you are told here, or on the card in the channel.':
    '先にモデレーターが確認します。結果はここか、チャンネルのカードでお知らせします。',
  'What members would like to open: list them, look at one, open or refuse it':
    'メンバーからの提案: 一覧、確認、承認、却下',
  'list, show, ok or refuse': 'list、show、ok、refuse',
  'of the proposal': '提案の番号',
  'of a refusal, told to the asker': '断る理由 (提案した人に伝わります)',
  '**/acclaim proposals ok 3** opens one, **/acclaim proposals refuse 3 REASON** does not.':
    '**/acclaim proposals ok 3**で開き、**/acclaim proposals refuse 3 REASON**で断れます。',
  'None waits.': '待っている提案はありません。',
  Proposals: '提案',
  Opened: '開きました',
  'Proposal {number} is the session **{session}**.': '提案{number}はセッション**{session}**になりました。',
  Refused: '断りました',
  'Proposal {number} is gone, and its asker is told.': '提案{number}を断り、提案した人に伝えました。',
  'Proposal {number} is being decided.': '提案{number}は処理中です。',
  'Look again in a moment.': '少し待ってから確認してください。',
  'There is no proposal {number} here.': 'ここに提案{number}はありません。',
  '**/acclaim proposals** lists them.': '一覧は**/acclaim proposals**で確認できます。',
  'It is the session **{id}**.': 'セッション**{id}**になりました。',
  'How safe the session has made its model: measured now, or what was measured, with pictures':
    'モデルがどれだけ安全になったかを測る、または測定結果を画像付きで見る',
  Measuring: '測定中',
  '{done} of {total} drawings done': '{total}回中{done}回の生成が完了',
  'It begins': '開始しました',
  '{far}, the next in about {left}.': '{far}、次まで約{left}。',
  'It waits: {why}.': '待機しています: {why}。',
  'The channel sees the figures; **/acclaim nsfw report** shows you the pictures once it is through.':
    'チャンネルには数値だけが表示されます。終わったら**/acclaim nsfw report**で画像を確認できます。',
  "Make this server the host's own, by the code that Acclaim prints where it runs":
    'Acclaimの起動時に表示されるコードで、このサーバーをホスト自身のものにする',
  'as it was printed': '表示されたコード',
  Claimed: '登録しました',
  "This server is the host's own from now on. **/acclaim session start PROMPT** opens a session; **/acclaim server list** shows on which others I am.":
    'このサーバーはホスト自身のものになりました。**/acclaim session start PROMPT**でセッションを始められます。ほかのサーバーは**/acclaim server list**で確認できます。',
  "the host's own": 'ホスト自身のもの',
  allowed: '許可',
  refused: '拒否',
  'nobody has decided': '未定',
  'The servers and workspaces that I was ever put on, and what they may':
    'ボットが追加されたサーバーとワークスペース、その許可の状態',
  '**{server}** ({platform}): {standing}': '**{server}** ({platform}): {standing}',
  Servers: 'サーバー',
  'I was put on no server or workspace yet.': 'まだどのサーバーにもワークスペースにも追加されていません。',
  'Their names are told by **acclaim doctor**, on the machine.':
    '名前は、マシン上の**acclaim doctor**で確認できます。',
  'its id': 'そのID',
  'Server allowed': 'サーバーを許可しました',
  'Server refused': 'サーバーを拒否しました',
  'That is no id of a server or workspace.': 'サーバーやワークスペースのIDではありません。',
  '**/acclaim server list** shows those that are known.':
    '知られているものは**/acclaim server list**で確認できます。',
  'Let a server use me: its people open sessions, its admins run them; none is operator here':
    'サーバーの利用を許可する (セッションの開始と運営ができ、オペレーターにはなりません)',
  'Its people may open sessions from now on, and its admins run them. None of them is an operator here.':
    'これから、そのサーバーの人がセッションを始め、管理者が運営できます。ここのオペレーターにはなりません。',
  'Do nothing for a server any more; its sessions rest': 'サーバーの利用を止める (セッションは休止)',
  'Nothing is done there any more, and its sessions rest. What is kept of it stays until I am removed from it.':
    'そのサーバーではもう動作せず、セッションは休止します。保存内容は、ボットが外されるまで残ります。',
  'I do nothing on this server.': 'このサーバーでは動作しません。',
  'I do nothing on this server': 'このサーバーでは動作しません',
  'I do nothing on this server: whoever runs me decided so.':
    'このサーバーでは動作しません。運営者の決定です。',
  'I do nothing on this server yet: whoever runs me has not allowed it. They allow it on a server of theirs: **/acclaim server allow {server}**':
    'このサーバーではまだ動作しません。運営者の許可が必要です。運営者は自分のサーバーで許可できます: **/acclaim server allow {server}**',
  'A new one is printed where Acclaim runs, while the host has no server of its own.':
    'ホスト自身のサーバーがない間は、Acclaimの動作先に新しいコードが表示されます。',
  "That server is the host's own.": 'そのサーバーはホスト自身のものです。',
  'It needs no word of yours.': '許可の必要はありません。',
  'Whoever runs me has not allowed it.': '運営者が許可していません。',

  // Opening a session, and where it stands.
  'Open a session: a prompt or the name of a task': 'セッションを始める (プロンプトか課題の名前)',
  'what to draw, in plain words, or a task such as rose': '生成するもの、またはroseのような課題の名前',
  'what learns from the votes': '票からの学習方法',
  'one of the list of models; else the one in use here': 'モデル一覧の名前。省くとここで使うもの',
  'images a round': '1ラウンドの画像数',
  'rounds until it ends': '終了までのラウンド数',
  'what makes a picture good, such as "exactly five fingers"; its ballots say it':
    '良い画像の基準 (投票に表示)。例: 指がちょうど5本',
  'what should not be in the pictures; several words in quotes':
    '画像に含めたくないもの (複数の語は引用符で囲む)',
  'Session opened': 'セッションを始めました',
  "Today's images are used up here: the first round is drawn here after midnight (UTC).":
    '今日の画像枚数の上限に達しているため、最初のラウンドはUTCの午前0時以降にここで生成します。',
  'The first round is being drawn here.': '最初のラウンドをここで生成しています。',
  "Today's images are used up here: the first round is drawn in the channel **{address}** after midnight (UTC).":
    '今日の画像枚数の上限に達しているため、最初のラウンドはUTCの午前0時以降にチャンネル**{address}**で生成します。',
  'The first round is being drawn in the channel **{address}**.':
    '最初のラウンドをチャンネル**{address}**で生成しています。',
  'Where the session stands': 'セッションの状態',
  'All sessions here': 'ここのすべてのセッション',
  '**{id}** ({state}): {title}, round {round}, {share} approval':
    '**{id}** ({state}): {title}、ラウンド{round}、支持率{share}',
  '**{id}** ({state}): {title}, round {round}': '**{id}** ({state}): {title}、ラウンド{round}',
  Sessions: 'セッション',
  'There is none yet.': 'まだありません。',
  'Go on after a pause': '一時停止から再開する',
  Resumed: '再開しました',
  'Go back to what was learned in an earlier round': '前のラウンドまでの学習内容に戻る',
  'a finished round; 0 is the base model': '完了したラウンドの番号。0は元のモデル',
  'The next round starts from {to}.': '次のラウンドは{to}から始まります。',
  'Good pictures have become alike: more variety from the next round on':
    '良い画像が似てきたとき、次のラウンドから変化を増やす',
  'From the next round on what was learned steers half of each drawing, and nothing is chosen beforehand. **/acclaim undo** takes it back.':
    '次のラウンドから、学習した内容は生成の半分だけに使われ、事前の選別もしません。**/acclaim undo**で元に戻せます。',
  'Start a session of its own from a finished round': '完了したラウンドから独立したセッションを始める',
  'another prompt; else the same': '別のプロンプト。省くと同じもの',
  'what makes a picture good there': 'そこでの良い画像の基準',
  Branched: '分岐しました',
  'The branch is in the channel **{address}**.': '分岐はチャンネル**{address}**にあります。',
  'The first round beside the latest, and approval by round':
    '最初と最新のラウンドの比較と、ラウンドごとの支持率',
  'The story so far': 'これまでのストーリー',
  'Here it is, in the channel.': 'チャンネルに表示しました。',
  '**Prompt**: {prompt}': '**プロンプト**: {prompt}',
  '**Good means**: {criterion}': '**良いとする基準**: {criterion}',
  '**State**: {state}': '**状態**: {state}',
  'paused ({why})': '一時停止中 ({why})',
  '**Votes**: {turnout}': '**票**: {turnout}',
  '**Now**: it waits: {why}. It goes on by itself.': '**現在**: 待機中: {why}。自動で再開します。',
  '**Approval by round**: {all} (round {round}: {judged})':
    '**ラウンドごとの支持率**: {all} (ラウンド{round}: {judged})',
  '**Round {number}**: {state}, {ballots} open': '**ラウンド{number}**: {state}、受付中の{ballots}',
  '**Round {number}**: {state}': '**ラウンド{number}**: {state}',
  '**Now**: {stage} {done} of {total}': '**現在**: {stage} ({done}/{total})',
  '**Now**: {stage} {done} of {total}, about {left} left': '**現在**: {stage} ({done}/{total})、残り約{left}',
  'Open nothing new; votes are still taken': '新しいラウンドを止める (投票は引き続き受け付けます)',
  'End the session; what it learned is kept': 'セッションを終了する (学習した内容は残ります)',
  Stopped: '終了しました',
  active: '進行中',
  paused: '一時停止中',
  ended: '終了',
  'by a moderator': 'モデレーターによる',
  'nobody voted': '投票なし',
  'no good pictures': '良い画像なし',
  'the round failed': 'ラウンドが失敗',
  'the channel cannot be posted to': 'チャンネルに投稿不可',
  'the pictures may not be shown': '画像を表示不可',
  'the images of today are used up': '今日の画像枚数の上限',
  'being drawn': '生成中',
  'waits for a moderator': 'モデレーターの確認待ち',
  'being posted': '投稿中',
  open: '投票受付中',
  'being counted': '集計中',
  'being learned from': '学習中',
  done: '完了',
  failed: '失敗',
  'given up': '中止',
  replaced: '置き換え済み',
  drawing: '生成',
  learning: '学習',
  'loading the model': 'モデルの読み込み',
  'developing the pictures': '画像の仕上げ',
  'looking them over': '画像の確認',
  'looking at the votes': '票の確認',
  saving: '保存',

  // Where pictures may be shown, and the page.
  'these pictures may only be shown in an age-restricted channel, and this one is not':
    'これらの画像は年齢制限のあるチャンネルでだけ表示できますが、ここは該当しません',
  'Turn on "Age-restricted channel" in the channel settings; **/acclaim session resume** then goes on.':
    'チャンネル設定の「年齢制限チャンネル」を有効にしてから、**/acclaim session resume**で再開してください。',
  'these pictures may only be shown among moderators, and this channel is not private':
    'これらの画像はモデレーターの間でだけ表示できますが、このチャンネルは非公開ではありません',
  'Start the session in a private channel of moderators.':
    'モデレーターだけの非公開チャンネルでセッションを始めてください。',
  'these pictures may only be shown among moderators, and this channel has members who are not moderators':
    'これらの画像はモデレーターの間でだけ表示できますが、このチャンネルにはモデレーター以外のメンバーがいます',
  'Let only moderators into the channel; **/acclaim session resume** then goes on.':
    'チャンネルをモデレーターだけにしてから、**/acclaim session resume**で再開してください。',
  'That is too long.': '長すぎます。',
  'Say it in fewer words.': '短くしてください。',
  'I could not read that request.': 'リクエストを読み取れませんでした。',
  'Reload the page and try again.': 'ページを再読み込みして、もう一度お試しください。',
  'I do not know this browser.': 'このブラウザーを確認できません。',
  'Open the page and allow its cookie.': 'ページを開き、Cookieを許可してください。',
  'Too many tries come from this address.': 'このアドレスからの試行が多すぎます。',
  'That is not the access token.': 'アクセストークンが違います。',
  'Ask whoever runs this server.': 'サーバーの運営者に確認してください。',
  'That invite was used already, or it has ended.': 'その招待は使用済みか、期限が切れています。',
  'Ask whoever sent it for another one.': '送ってくれた人に新しい招待を依頼してください。',
  'The LoRA is for admins.': 'LoRAは管理者用です。',
  'Enter the access token first.': '先にアクセストークンを入力してください。',
  'There is no such file yet.': 'そのファイルはまだありません。',
  'A LoRA is there once a round has been learned; other formats once **/acclaim model export** has made them.':
    'LoRAはラウンドの学習後に、ほかの形式は**/acclaim model export**の後に用意されます。',
  'The metrics are for admins.': 'メトリクスは管理者用です。',
  'Send the access token: `Authorization: Bearer TOKEN`.':
    'アクセストークンを送ってください: `Authorization: Bearer TOKEN`。',
  'The next one opens by itself.': '次のラウンドは自動で始まります。',
  'This ballot has no such mark.': 'この投票にその印はありません。',
  'That message is no longer here.': 'そのメッセージはもうありません。',
  'Reload the page.': 'ページを再読み込みしてください。',
  'You have not agreed to vote here yet.': 'まだ投票に同意していません。',
  'Agree in the page first.': '先にページで同意してください。',
  'You have this page open too often': 'このページを開いている数が多すぎます',
  'Close one of its tabs': 'タブを1つ閉じてください',
  'Too many pages are open from your network': 'お使いのネットワークから開かれているページが多すぎます',
  'Close some of them': 'いくつか閉じてください',
  'Too many people look at this page': 'このページを見ている人が多すぎます',
  'Votes are taken all the same': '投票は引き続き受け付けています',
  'This session is one camp of a session that was split.':
    'このセッションは、分けられたセッションの一方の派です。',
  'Split no further.': 'これ以上は分けられません。',
  'A session that reduces unsafe pictures is not split.':
    '安全でない画像を減らすセッションは分けられません。',
  'The strictest rule binds all.': '最も厳しい規則が全員に適用されます。',
  'A session in several channels is not split.': '複数のチャンネルにまたがるセッションは分けられません。',
  'Let the others leave it first: **/acclaim session leave**.':
    '先に他のチャンネルが抜けてください: **/acclaim session leave**。',
  'This round is being learned from.': 'このラウンドから学習中です。',
  'Split once the next one is drawn.': '次のラウンドが描かれてから分けてください。',
  'Too few people have voted enough to tell their tastes apart.':
    '好みを見分けられるほど投票した人が足りません。',
  'Six people with ten votes each are the least.':
    '少なくとも6人が、それぞれ10票を入れている必要があります。',
  'Tastes do not differ enough here for two sessions.': '2つのセッションに分けるほど好みは分かれていません。',
  'What both like is learned, as ever.': 'これまでどおり、どちらも好むものを学習します。',
  'This session was not split.': 'このセッションは分けられていません。',
  'Everybody votes on the same pictures here.': 'ここでは全員が同じ画像に投票します。',
  'This session was not split: everybody votes on the same pictures.':
    'このセッションは分けられておらず、全員が同じ画像に投票します。',
  'You are of camp {camp} already.': 'すでに{camp}派です。',
  'The session did not end by being split.': 'このセッションは分けられて終わったのではありません。',
  'It is theirs: whoever moved moves back.': '本人のものです: 移った人が自分で戻れます。',
  '**{picture}** of round {number}': 'ラウンド{number}の**{picture}**',
  'of the other camp': 'もう一方の派の人',
  'It went on as two sessions, one for each camp of taste.':
    '好みの派ごとに、2つのセッションに分かれて続きました。',
  'Two camps': '2つの派',
  'Tastes differ here, so it goes on as two sessions, each with a model of its own.':
    'ここでは好みが分かれているので、それぞれ自分のモデルを持つ2つのセッションとして続けます。',
  'Each camp goes on from what it learned.': 'それぞれの派が、ここで学んだことから続けます。',
  'It is kept; you are of the other camp, so it does not count here. **/acclaim taste** tells more.':
    '保存されますが、あなたはもう一方の派なので、ここでは数えられません。詳しくは**/acclaim taste**で。',
  '**/acclaim taste** tells you, and nobody else, which camp is yours and why; **/acclaim taste A** or **B** takes you there. Marks on pictures of the other camp are kept and do not count; whoever is of none counts in both.':
    '**/acclaim taste**で、自分がどちらの派か、その理由とともに本人にだけ伝えます。**/acclaim taste A**または**B**で移れます。もう一方の派の画像への印は保存されますが数えられません。どちらの派でもない人は両方で数えられます。',
  '**Camp {camp}**: {people}, in the channel **{address}**.':
    '**{camp}派**: {people}、チャンネル**{address}**。',
  'It alone likes {likes}.': 'この派だけが好むのは{likes}です。',
  'This is the session of camp **{camp}**.': 'ここは**{camp}**派のセッションです。',
  'Your taste': 'あなたの好み',
  'You are of no camp, and your marks count in both.': 'どちらの派でもなく、あなたの印は両方で数えられます。',
  'You are of camp **{camp}**.': 'あなたは**{camp}**派です。',
  'Like it you called {liked} good.': 'この派と同じく、{liked}を良いとしました。',
  'Like it you did not call {not} good.': 'この派と同じく、{not}を良いとしませんでした。',
  'Camp B needs a channel of its own.': 'B派には自分のチャンネルが必要です。',
  '**/acclaim session split #CHANNEL** names it; camp A stays here.':
    '**/acclaim session split #CHANNEL**で指定してください。A派はここに残ります。',
  'Tastes differ: go on as two sessions, one for each camp, from what was learned':
    '好みが分かれている: 学んだことから、派ごとに2つのセッションとして続ける',
  'where camp B goes on; on the page both get channels of their own':
    'B派が続けるチャンネル。ページではどちらも自分のチャンネルを持ちます',
  'Camp A goes on in the channel **{a}**, camp B in **{b}**. **/acclaim undo** takes it back.':
    'A派はチャンネル**{a}**、B派は**{b}**で続けます。**/acclaim undo**で取り消せます。',
  'Which camp is yours where a session was split, and why; or go over to one':
    '分けられたセッションで自分がどちらの派か、その理由。または派を移る',
  'where your votes are to count': '自分の票が数えられる派',
  '{hint}, or try again in {seconds} s.': '{hint}。または{seconds}秒後にもう一度お試しください。',
} as const;

/** A text that is said somewhere: by its English. */
export type Phrase = keyof typeof ja;
